/* Copyright the netty-tap authors. SPDX-License-Identifier: Apache-2.0 */

/*
 * Sends frames from a network interface of its namespace, to or from many stations.
 *
 *     frame_rate learn INTERFACE STATIONS                    one small frame from each station to the sender of "flood"
 *     frame_rate flood INTERFACE SECONDS FRAME_BYTES STATIONS as fast as sendmmsg goes, to stations at random
 *
 * Frames are UDP over IPv4 of 64 flows, so that a device with more queues than one spreads them. Nobody has these
 * addresses: the other end's kernel counts the frame and drops it. FRAME_BYTES is without the checksum.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BATCH 64
#define MIN_FRAME 60
#define MAX_FRAME 9014
#define PROTOCOL 23
#define ADDRESSES 26
#define PORTS 34
#define LEARN_PAUSE_MICROS 500

static unsigned char frames[BATCH][MAX_FRAME];
static struct iovec vectors[BATCH];
static struct mmsghdr messages[BATCH];

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* Locally administered: 02:01 and the number; 02:00:00:00:00:01 sends the flood. */
static void put_station(unsigned char *at, uint32_t number)
{
	uint32_t wire = htonl(number);

	at[0] = 2;
	at[1] = 1;
	memcpy(at + 2, &wire, sizeof(wire));
}

static void put_sender(unsigned char *at)
{
	static const unsigned char sender[] = { 2, 0, 0, 0, 0, 1 };

	memcpy(at, sender, sizeof(sender));
}

static void prepare(size_t length)
{
	for (int i = 0; i < BATCH; i++) {
		unsigned char *frame = frames[i];
		uint16_t total = htons(length - ETH_HLEN), udp = htons(length - ETH_HLEN - 20);

		frame[12] = ETHERTYPE_IP >> 8;
		frame[14] = 0x45;
		memcpy(frame + 16, &total, sizeof(total));
		frame[22] = 64;
		frame[PROTOCOL] = 17;
		/* 192.0.2.1 to 192.0.2.2 (RFC 5737), from port 1024 and up. */
		memcpy(frame + ADDRESSES, (unsigned char[]){ 192, 0, 2, 1, 192, 0, 2, 2, 4, i, 0, 9 }, 12);
		memcpy(frame + PORTS + 4, &udp, sizeof(udp));
		vectors[i] = (struct iovec){ frame, length };
		messages[i].msg_hdr = (struct msghdr){ .msg_iov = &vectors[i], .msg_iovlen = 1 };
	}
}

static int packet_socket(const char *interface)
{
	struct sockaddr_ll name = { .sll_family = AF_PACKET, .sll_ifindex = if_nametoindex(interface) };
	/* Protocol 0: receives nothing. */
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	if (fd < 0)
		die("socket");
	if (name.sll_ifindex == 0 || bind(fd, (struct sockaddr *)&name, sizeof(name)) < 0)
		die(interface);
	return fd;
}

static int learn(int fd, uint32_t stations)
{
	prepare(MIN_FRAME);
	for (uint32_t next = 0; next < stations;) {
		int count = stations - next < BATCH ? (int)(stations - next) : BATCH, sent;

		for (int i = 0; i < count; i++) {
			put_sender(frames[i]);
			put_station(frames[i] + 6, next + i);
		}
		sent = sendmmsg(fd, messages, count, 0);
		if (sent < 0 && errno != ENOBUFS && errno != EAGAIN)
			die("sendmmsg");
		next += sent > 0 ? sent : 0;
		/* Slow enough for every switch: who is not heard is not learned. */
		usleep(LEARN_PAUSE_MICROS);
	}
	return 0;
}

static int flood(int fd, double seconds, size_t length, uint32_t stations)
{
	uint64_t random = 1;

	prepare(length);
	for (double end = now() + seconds; now() < end;) {
		for (int i = 0; i < BATCH; i++) {
			/* Knuth's MMIX generator; the upper bits are the good ones. */
			random = random * 6364136223846793005ULL + 1442695040888963407ULL;
			put_station(frames[i], (random >> 32) * stations >> 32);
			put_sender(frames[i] + 6);
		}
		if (sendmmsg(fd, messages, BATCH, 0) < 0 && errno != ENOBUFS && errno != EAGAIN)
			die("sendmmsg");
	}
	return 0;
}

int main(int argc, char **argv)
{
	const char *role = argc > 1 ? argv[1] : "";

	if (!strcmp(role, "learn") && argc == 4 && atoi(argv[3]) > 0)
		return learn(packet_socket(argv[2]), atoi(argv[3]));
	if (!strcmp(role, "flood") && argc == 6 && atoi(argv[5]) > 0) {
		int length = atoi(argv[4]);

		if (length >= MIN_FRAME && length <= MAX_FRAME)
			return flood(packet_socket(argv[2]), atof(argv[3]), length, atoi(argv[5]));
	}
	fprintf(stderr, "usage: %s learn INTERFACE STATIONS | flood INTERFACE SECONDS FRAME_BYTES STATIONS\n", argv[0]);
	return 2;
}
