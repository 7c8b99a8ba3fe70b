/* Copyright the netty-tap authors. SPDX-License-Identifier: Apache-2.0 */

/*
 * The UDP side of the comparison: how many small datagrams arrive, and how long a request and its answer take.
 *
 *     udp_rate flood  ADDRESS PORT SECONDS [FRAME_BYTES]   sends as fast as sendmmsg goes
 *     udp_rate count  PORT SECONDS                         prints what arrived: {"packets":N,"seconds":S}
 *     udp_rate answer PORT SECONDS                         sends every datagram back
 *     udp_rate ask    ADDRESS PORT SECONDS                 one at a time: {"p50":µs,"p99":µs,"p999":µs,"answers":N}
 *
 * FRAME_BYTES is the Ethernet frame's length without its checksum, 60 by default: "64-byte packets" on a wire.
 * count and answer print "ready" on standard error when they listen; their seconds begin with the first datagram.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define BATCH 64
#define HEADERS (14 + 20 + 8)
#define MAX_PAYLOAD 1472

static char payload[MAX_PAYLOAD], buffers[BATCH][MAX_PAYLOAD];
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

static int udp_socket(const char *address, const char *port, int connecting)
{
	struct sockaddr_in name = { .sin_family = AF_INET, .sin_port = htons(atoi(port)) };
	struct timeval timeout = { .tv_usec = 200 * 1000 };
	int size = 8 << 20, fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		die("socket");
	if (address && inet_pton(AF_INET, address, &name.sin_addr) != 1) {
		fprintf(stderr, "not an IPv4 address: text=%s\n", address);
		exit(2);
	}
	/* The FORCE form needs CAP_NET_ADMIN and passes the limit of sysctl; without it take what there is. */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) < 0)
		die("setsockopt");
	if ((connecting ? connect : bind)(fd, (struct sockaddr *)&name, sizeof(name)) < 0)
		die(connecting ? "connect" : "bind");
	return fd;
}

static int flood(int fd, double seconds, size_t length)
{
	for (int i = 0; i < BATCH; i++) {
		vectors[i] = (struct iovec){ payload, length };
		messages[i].msg_hdr = (struct msghdr){ .msg_iov = &vectors[i], .msg_iovlen = 1 };
	}
	for (double end = now() + seconds; now() < end;)
		/* A full queue or a neighbour not yet known is what a flood meets. */
		if (sendmmsg(fd, messages, BATCH, 0) < 0 && errno != ENOBUFS && errno != EAGAIN && errno != ECONNREFUSED)
			die("sendmmsg");
	return 0;
}

static int count(int fd, double seconds)
{
	uint64_t packets = 0;
	double first = 0, last = 0, patience = now() + seconds + 10;

	for (int i = 0; i < BATCH; i++) {
		vectors[i] = (struct iovec){ buffers[i], MAX_PAYLOAD };
		messages[i].msg_hdr = (struct msghdr){ .msg_iov = &vectors[i], .msg_iovlen = 1 };
	}
	fputs("ready\n", stderr);
	while (first == 0 ? now() < patience : now() - first < seconds) {
		int n = recvmmsg(fd, messages, BATCH, MSG_WAITFORONE, NULL);

		if (n <= 0)
			continue; /* the receive timeout, to look at the clock */
		last = now();
		if (first == 0)
			first = last;
		packets += n;
	}
	printf("{\"packets\":%llu,\"seconds\":%.6f}\n", (unsigned long long)packets, first == 0 ? 0 : last - first);
	return 0;
}

static int answer(int fd, double seconds)
{
	struct sockaddr_in from;
	double end = now() + seconds;

	fputs("ready\n", stderr);
	while (now() < end) {
		socklen_t size = sizeof(from);
		ssize_t n = recvfrom(fd, payload, sizeof(payload), 0, (struct sockaddr *)&from, &size);

		if (n >= 0 && sendto(fd, payload, n, 0, (struct sockaddr *)&from, size) < 0)
			die("sendto");
	}
	return 0;
}

static int ascending(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;

	return (x > y) - (x < y);
}

static int ask(int fd, double seconds)
{
	size_t room = 4 << 20, answers = 0;
	float *times = malloc(room * sizeof(*times));
	double end = now() + seconds;

	if (!times)
		die("malloc");
	for (double start; (start = now()) < end && answers < room;) {
		if (send(fd, payload, 18, 0) < 0 && errno != ECONNREFUSED)
			die("send");
		/* A lost request costs the receive timeout and is not an answer. */
		if (recv(fd, payload, sizeof(payload), 0) >= 0)
			times[answers++] = (now() - start) * 1e6;
	}
	if (answers == 0) {
		fputs("no answer came\n", stderr);
		return 1;
	}
	qsort(times, answers, sizeof(*times), ascending);
	printf("{\"p50\":%.2f,\"p99\":%.2f,\"p999\":%.2f,\"answers\":%zu}\n", times[answers / 2], times[answers * 99 / 100],
	       times[answers * 999 / 1000], answers);
	return 0;
}

int main(int argc, char **argv)
{
	const char *role = argc > 1 ? argv[1] : "";

	if (!strcmp(role, "flood") && (argc == 5 || argc == 6)) {
		int length = (argc == 6 ? atoi(argv[5]) : 60) - HEADERS;

		if (length >= 0 && length <= MAX_PAYLOAD)
			return flood(udp_socket(argv[2], argv[3], 1), atof(argv[4]), length);
	}
	if (!strcmp(role, "ask") && argc == 5)
		return ask(udp_socket(argv[2], argv[3], 1), atof(argv[4]));
	if (!strcmp(role, "count") && argc == 4)
		return count(udp_socket(NULL, argv[2], 0), atof(argv[3]));
	if (!strcmp(role, "answer") && argc == 4)
		return answer(udp_socket(NULL, argv[2], 0), atof(argv[3]));
	fprintf(stderr, "usage: %s flood ADDRESS PORT SECONDS [FRAME_BYTES] | count PORT SECONDS | answer PORT SECONDS |"
			" ask ADDRESS PORT SECONDS\n", argv[0]);
	return 2;
}
