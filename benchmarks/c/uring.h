/* Copyright the netty-tap authors. SPDX-License-Identifier: Apache-2.0 */

/* The least of an io_uring that a loop of one thread needs: raw system calls, no liburing. */
#ifndef NETTY_TAP_BENCH_URING_H
#define NETTY_TAP_BENCH_URING_H

#include "tap.h"

#include <linux/io_uring.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#define ENTRIES 512

static struct {
	int fd;
	unsigned *sq_tail, *sq_mask, *sq_array, *cq_head, *cq_tail, *cq_mask;
	struct io_uring_sqe *sqes;
	struct io_uring_cqe *cqes;
	unsigned queued;
} ring;

static void uring_open(unsigned flags)
{
	struct io_uring_params p = { .flags = IORING_SETUP_SINGLE_ISSUER | flags };
	char *rings;

	ring.fd = syscall(__NR_io_uring_setup, ENTRIES, &p);
	if (ring.fd < 0)
		die("io_uring_setup", "ring");
	/* IORING_FEAT_SINGLE_MMAP, since Linux 5.4: both rings lie in one mapping; the larger size covers both. */
	size_t sq = p.sq_off.array + p.sq_entries * sizeof(unsigned);
	size_t cq = p.cq_off.cqes + p.cq_entries * sizeof(struct io_uring_cqe);
	rings = mmap(NULL, sq > cq ? sq : cq, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring.fd,
		     IORING_OFF_SQ_RING);
	ring.sqes = mmap(NULL, p.sq_entries * sizeof(struct io_uring_sqe), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_POPULATE, ring.fd, IORING_OFF_SQES);
	if (rings == MAP_FAILED || ring.sqes == MAP_FAILED)
		die("mmap", "ring");
	ring.sq_tail = (unsigned *)(rings + p.sq_off.tail);
	ring.sq_mask = (unsigned *)(rings + p.sq_off.ring_mask);
	ring.sq_array = (unsigned *)(rings + p.sq_off.array);
	ring.cq_head = (unsigned *)(rings + p.cq_off.head);
	ring.cq_tail = (unsigned *)(rings + p.cq_off.tail);
	ring.cq_mask = (unsigned *)(rings + p.cq_off.ring_mask);
	ring.cqes = (struct io_uring_cqe *)(rings + p.cq_off.cqes);
}

static void uring_register(unsigned opcode, const void *argument, unsigned count, const char *what)
{
	if (syscall(__NR_io_uring_register, ring.fd, opcode, argument, count) < 0)
		die("io_uring_register", what);
}

/* The next submission, cleared. At most ENTRIES between two calls of uring_enter. */
static struct io_uring_sqe *uring_submission(uint64_t user_data)
{
	unsigned tail = *ring.sq_tail, index = tail & *ring.sq_mask;
	struct io_uring_sqe *sqe = &ring.sqes[index];

	memset(sqe, 0, sizeof(*sqe));
	sqe->user_data = user_data;
	ring.sq_array[index] = index;
	__atomic_store_n(ring.sq_tail, tail + 1, __ATOMIC_RELEASE);
	ring.queued++;
	return sqe;
}

/* Submits what is queued, and returns once so many completions are there. */
static void uring_enter(unsigned wait)
{
	int submitted = syscall(__NR_io_uring_enter, ring.fd, ring.queued, wait, IORING_ENTER_GETEVENTS, NULL, 0);

	if (submitted < 0 && errno != EINTR)
		die("io_uring_enter", "ring");
	if (submitted > 0)
		ring.queued -= submitted;
}

#endif
