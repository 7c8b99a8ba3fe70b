/* Copyright the netty-tap authors. SPDX-License-Identifier: Apache-2.0 */

/*
 * An honest host beside a hostile one: how many of its attempts succeed.
 *
 *     honest accept PORT                     takes connections and closes them, until it is killed
 *     honest connect ADDRESS PORT COUNT      TCP connections, each from a new port and within a second
 *     honest lease INTERFACE COUNT           DHCP offers, each to a new client and within a second
 *
 * Prints how many succeeded.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_SECONDS 1
#define PAUSE_MICROS 50000
#define MESSAGE 300

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

_Noreturn static void take(int port)
{
	struct sockaddr_in any = { .sin_family = AF_INET, .sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&any, sizeof(any)) < 0 || listen(fd, 64) < 0)
		die("listen");
	printf("ready\n");
	fflush(stdout);
	for (;;) {
		int taken = accept(fd, NULL, NULL);

		if (taken >= 0)
			close(taken);
	}
}

static int connects(const char *address, int port)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(port) };
	struct timeval patience = { .tv_sec = PATIENCE_SECONDS };
	int fd = socket(AF_INET, SOCK_STREAM, 0), ok;

	inet_pton(AF_INET, address, &to.sin_addr);
	/* So long does connect wait, too: socket(7). */
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	ok = connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0;
	close(fd);
	return ok;
}

static uint16_t checksum(const unsigned char *at, size_t length)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < length; i += 2)
		sum += at[i] << 8 | at[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

static void put16(unsigned char *at, uint16_t value)
{
	at[0] = value >> 8;
	at[1] = value;
}

/* A DISCOVER that asks for a broadcast answer; the length of its frame. */
static size_t discover(unsigned char *frame, const unsigned char *client, uint32_t id)
{
	unsigned char *ip = frame + 14, *udp = ip + 20, *bootp = udp + 8;

	memset(frame, 0, 14 + 28 + MESSAGE);
	memset(frame, 255, 6);
	memcpy(frame + 6, client, 6);
	put16(frame + 12, ETHERTYPE_IP);
	ip[0] = 0x45;
	put16(ip + 2, 28 + MESSAGE);
	ip[8] = 64;
	ip[9] = 17;
	memset(ip + 16, 255, 4);
	put16(ip + 10, checksum(ip, 20));
	put16(udp, 68);
	put16(udp + 2, 67);
	put16(udp + 4, 8 + MESSAGE);
	memcpy(bootp, (unsigned char[]){ 1, 1, 6 }, 3);
	memcpy(bootp + 4, &id, 4);
	bootp[10] = 0x80;
	memcpy(bootp + 28, client, 6);
	memcpy(bootp + 236, (unsigned char[]){ 0x63, 0x82, 0x53, 0x63, 53, 1, 1, 255 }, 8);
	return 14 + 28 + MESSAGE;
}

static int lease(int fd, int number)
{
	unsigned char frame[2048], client[6] = { 2, 0xcc, 0, 0, number >> 8, number };
	uint32_t id = 0x01020304 + number;
	double end = now() + PATIENCE_SECONDS;
	struct pollfd readable = { .fd = fd, .events = POLLIN };

	if (send(fd, frame, discover(frame, client, id), 0) < 0)
		die("send");
	for (double left; (left = end - now()) > 0;) {
		ssize_t length;

		if (poll(&readable, 1, left * 1000) <= 0)
			continue;
		length = recv(fd, frame, sizeof(frame), 0);
		/* To the port of clients, an answer, ours. */
		if (length > 14 + 28 + 240 && frame[14 + 9] == 17 && frame[14 + 23] == 68 && frame[14 + 28] == 2 &&
		    !memcmp(frame + 14 + 28 + 4, &id, 4))
			return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	const char *role = argc > 1 ? argv[1] : "";
	int count, ok = 0, fd = -1;

	if (!strcmp(role, "accept") && argc == 3)
		take(atoi(argv[2]));
	if ((strcmp(role, "connect") || argc != 5) && (strcmp(role, "lease") || argc != 4)) {
		fprintf(stderr, "usage: %s accept PORT | connect ADDRESS PORT COUNT | lease INTERFACE COUNT\n", argv[0]);
		return 2;
	}
	count = atoi(argv[argc - 1]);
	if (role[0] == 'l') {
		struct sockaddr_ll name = { .sll_family = AF_PACKET,
					    .sll_protocol = htons(ETH_P_IP),
					    .sll_ifindex = if_nametoindex(argv[2]) };

		fd = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_IP));
		if (fd < 0 || bind(fd, (struct sockaddr *)&name, sizeof(name)) < 0)
			die(argv[2]);
	}
	for (int i = 0; i < count; i++) {
		ok += fd < 0 ? connects(argv[2], atoi(argv[3])) : lease(fd, i + (getpid() & 0xff) * 256);
		usleep(PAUSE_MICROS);
	}
	printf("{\"ok\": %d, \"tried\": %d}\n", ok, count);
	return 0;
}
