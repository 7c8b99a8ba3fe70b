/* Copyright the netty-tap authors. SPDX-License-Identifier: Apache-2.0 */

/* What both reference forwarders need: opening a TAP as a switch would, switches, and a calibrated busy loop. */
#ifndef NETTY_TAP_BENCH_TAP_H
#define NETTY_TAP_BENCH_TAP_H

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

/* The virtio-net header with num_buffers, as netty-tap uses it. */
#define VNET_HEADER_SIZE 12

/* Header, Ethernet, VLAN tag and the largest IP packet. */
#define MAX_FRAME (VNET_HEADER_SIZE + 14 + 4 + 65535)

/* USO came with Linux 6.2 and may be absent from older headers. */
#ifndef TUN_F_USO4
#define TUN_F_USO4 0x20
#define TUN_F_USO6 0x40
#endif
#define OFFLOADS_ALL (TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN | TUN_F_USO4 | TUN_F_USO6)

static void die(const char *what, const char *name)
{
	fprintf(stderr, "%s: name=%s: %s\n", what, name, strerror(errno));
	exit(1);
}

/* A switch of a loop: a number in the environment. */
static unsigned long setting(const char *name, unsigned long fallback, unsigned long least, unsigned long most)
{
	const char *text = getenv(name);
	char *end;
	unsigned long value = text ? strtoul(text, &end, 0) : fallback;

	if (text && (*text == 0 || *end != 0 || value < least || value > most)) {
		fprintf(stderr, "bad setting: %s=%s (expected: %lu to %lu)\n", name, text, least, most);
		exit(2);
	}
	return value;
}

/* DELAY_NS: what a frame costs in user space beyond the loop itself, such as a look-up and counters. */
static unsigned long delay_rounds;

static void spin(unsigned long rounds)
{
	while (rounds--)
		__asm__ volatile("" ::: "memory");
}

static double spin_nanos(unsigned long rounds)
{
	struct timespec from, to;

	clock_gettime(CLOCK_MONOTONIC, &from);
	spin(rounds);
	clock_gettime(CLOCK_MONOTONIC, &to);
	return (to.tv_sec - from.tv_sec) * 1e9 + (to.tv_nsec - from.tv_nsec);
}

/* The best of some tries: whatever disturbs only makes it slower. */
static void delay_calibrate(void)
{
	const unsigned long rounds = 1000000;
	unsigned long wanted = setting("DELAY_NS", 0, 0, 1000000);
	double best = spin_nanos(rounds);

	if (!wanted)
		return;
	for (int i = 0; i < 50; i++) {
		double nanos = spin_nanos(rounds);
		best = nanos < best ? nanos : best;
	}
	delay_rounds = wanted * rounds / best;
}

static inline void delay(void)
{
	if (delay_rounds)
		spin(delay_rounds);
}

/* Opens or creates a TAP; with vnet set, frames carry the header and the kernel may send any of the given offloads. */
static int tap_open(const char *name, int vnet, unsigned long offloads)
{
	struct ifreq request = { 0 };
	int size = VNET_HEADER_SIZE, little_endian = 1;
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		die("cannot open /dev/net/tun", name);
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	/* NAPI=1: what is written goes through the kernel's NAPI and GRO instead of straight up the stack. */
	request.ifr_flags = IFF_TAP | IFF_NO_PI | (vnet ? IFF_VNET_HDR : 0) | (setting("NAPI", 0, 0, 1) ? IFF_NAPI : 0);
	if (ioctl(fd, TUNSETIFF, &request) < 0)
		die("TUNSETIFF", name);
	if (vnet && (ioctl(fd, TUNSETVNETHDRSZ, &size) < 0 || ioctl(fd, TUNSETVNETLE, &little_endian) < 0))
		die("TUNSETVNETHDRSZ", name);
	if (ioctl(fd, TUNSETOFFLOAD, vnet ? offloads : 0) < 0)
		die("TUNSETOFFLOAD", name);
	return fd;
}

/* Reads "[-v] [-o MASK] TAP TAP" and opens both. -v: with the 12-byte header; -o: with it and this offload mask. */
static void tap_open_pair(int argc, char **argv, int fds[2])
{
	int option, vnet = 0;
	unsigned long offloads = 0;

	while ((option = getopt(argc, argv, "vao:")) != -1) {
		if (option == 'o')
			offloads = strtoul(optarg, NULL, 0);
		else if (option == 'a')
			offloads = OFFLOADS_ALL;
		else if (option != 'v')
			optind = argc;
		vnet = 1;
	}
	if (argc - optind != 2) {
		fprintf(stderr, "usage: %s [-v] [-a | -o OFFLOAD_MASK] TAP TAP\n", argv[0]);
		exit(2);
	}
	delay_calibrate();
	for (int i = 0; i < 2; i++)
		fds[i] = tap_open(argv[optind + i], vnet, offloads);
	puts("ready");
	fflush(stdout);
}

#endif
