/* Copyright the netty-tap authors. SPDX-License-Identifier: Apache-2.0 */

/*
 * How fast io_uring can be on two TAPs: one thread, raw system calls, no liburing.
 *
 * A multishot poll tells when a side is readable. Then BATCH reads with RWF_NOWAIT go in with one io_uring_enter: they
 * are issued inline and in order, and those that find the ring of the TAP empty answer EAGAIN at once instead of
 * pending. What came is written to the other side as one batch. As long as its batches come back full, a side is read
 * again without asking the poll. The batch is of fixed size: the empty reads of a batch that finds few frames cost about
 * as much as the wake-ups that they save, and let frames gather. That doubles the rate of small packets and the latency.
 *
 *     [BATCH=32] forward_uring [-v] [-a | -o OFFLOAD_MASK] TAP TAP
 */
#include "tap.h"

#include <linux/io_uring.h>
#include <poll.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#define MAX_BATCH 64
#define ENTRIES 256

enum { POLL, READ, WRITE };

static struct {
	int fd;
	unsigned *sq_tail, *sq_mask, *sq_array, *cq_head, *cq_tail, *cq_mask;
	struct io_uring_sqe *sqes;
	struct io_uring_cqe *cqes;
	unsigned queued;
} ring;

static int fds[2];
static unsigned batch = 32;
static char frames[2][MAX_BATCH][MAX_FRAME];
static int lengths[2][MAX_BATCH];

static void ring_open(void)
{
	struct io_uring_params p = { .flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_COOP_TASKRUN };
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

static struct io_uring_sqe *submission(int opcode, int side, int kind, unsigned slot)
{
	unsigned tail = *ring.sq_tail, index = tail & *ring.sq_mask;
	struct io_uring_sqe *sqe = &ring.sqes[index];

	memset(sqe, 0, sizeof(*sqe));
	sqe->opcode = opcode;
	sqe->fd = fds[side];
	sqe->user_data = (uint64_t)slot << 8 | side << 4 | kind;
	ring.sq_array[index] = index;
	__atomic_store_n(ring.sq_tail, tail + 1, __ATOMIC_RELEASE);
	ring.queued++;
	return sqe;
}

static void add_poll(int side)
{
	struct io_uring_sqe *sqe = submission(IORING_OP_POLL_ADD, side, POLL, 0);

	sqe->poll32_events = POLLIN;
	sqe->len = IORING_POLL_ADD_MULTI;
}

static void add_reads(int side)
{
	for (unsigned i = 0; i < batch; i++) {
		struct io_uring_sqe *sqe = submission(IORING_OP_READ, side, READ, i);

		sqe->addr = (uintptr_t)frames[side][i];
		sqe->len = MAX_FRAME;
		sqe->rw_flags = RWF_NOWAIT;
	}
}

static void add_writes(int side)
{
	for (unsigned i = 0; i < batch; i++) {
		if (lengths[side][i] > 0) {
			struct io_uring_sqe *sqe = submission(IORING_OP_WRITE, 1 - side, WRITE, i);

			sqe->addr = (uintptr_t)frames[side][i];
			sqe->len = lengths[side][i];
		}
	}
}

/*
 * Submits what is queued and waits for so many reads or writes, or, if for none, for a poll. Returns a mask of the sides
 * that polls found readable meanwhile.
 */
static int enter(unsigned wanted)
{
	unsigned head = *ring.cq_head, done = 0;
	int readable = 0;

	do {
		unsigned wait = wanted ? wanted - done : 1;
		int submitted = syscall(__NR_io_uring_enter, ring.fd, ring.queued, wait, IORING_ENTER_GETEVENTS, NULL, 0);

		if (submitted < 0 && errno != EINTR)
			die("io_uring_enter", "ring");
		if (submitted > 0)
			ring.queued -= submitted;
		for (; head != __atomic_load_n(ring.cq_tail, __ATOMIC_ACQUIRE); head++) {
			struct io_uring_cqe *cqe = &ring.cqes[head & *ring.cq_mask];
			int kind = cqe->user_data & 15, side = cqe->user_data >> 4 & 15;

			if (kind == POLL) {
				if (cqe->res < 0 || cqe->res & POLLERR)
					exit(0); /* the device is gone */
				readable |= 1 << side;
				if (!(cqe->flags & IORING_CQE_F_MORE))
					add_poll(side);
				continue;
			}
			done++;
			if (kind == READ)
				lengths[side][cqe->user_data >> 8] = cqe->res;
			else if (cqe->res == -EBADFD)
				exit(0);
		}
		__atomic_store_n(ring.cq_head, head, __ATOMIC_RELEASE);
	} while (wanted ? done < wanted : !readable);
	return readable;
}

static unsigned came(int side)
{
	unsigned count = 0;

	for (unsigned i = 0; i < batch; i++)
		count += lengths[side][i] > 0;
	return count;
}

int main(int argc, char **argv)
{
	int readable = 0;

	if (getenv("BATCH"))
		batch = strtoul(getenv("BATCH"), NULL, 0);
	if (batch < 1 || batch > MAX_BATCH) {
		fprintf(stderr, "bad batch: BATCH=%u (expected: 1 to %d)\n", batch, MAX_BATCH);
		return 2;
	}
	ring_open();
	tap_open_pair(argc, argv, fds);
	add_poll(0);
	add_poll(1);
	for (;;) {
		if (!readable)
			readable = enter(0);
		for (int side = 0; side < 2; side++) {
			if (!(readable & 1 << side))
				continue;
			readable &= ~(1 << side);
			add_reads(side);
			readable |= enter(batch);
			unsigned count = came(side);
			if (count) {
				add_writes(side);
				readable |= enter(count);
			}
			/* There may be more, and the poll only tells of what comes anew. */
			if (count == batch)
				readable |= 1 << side;
		}
	}
}
