/* Copyright the netty-tap authors. SPDX-License-Identifier: Apache-2.0 */

/*
 * How fast io_uring can be on two TAPs: one thread, raw system calls. The defaults are what won the tournament
 * (benchmarks/tournament), the switches what it was played with.
 *
 * Reads with RWF_NOWAIT go in as a batch with one io_uring_enter: they are issued inline and in order, and those that
 * find the ring of the TAP empty answer EAGAIN at once instead of pending. What came is written to the other side as one
 * batch. When both sides are drained, poll(2) waits for either.
 *
 *     [SWITCH=N]... forward_uring [-v] [-a | -o OFFLOAD_MASK] TAP TAP
 *
 *     BATCH_MIN, BATCH_MAX  a batch grows from one to the other while it comes back full, and shrinks when it comes back
 *                           less than a quarter full: empty reads cost a third of a read (8, 64)
 *     REST          1: a side is read until it is drained, then rests until the other is drained too. 0: sides take
 *                   turns, a batch each (1)
 *     REST_MAX      full batches of the other side that a drained side sits out at most (16)
 *     FIXED_FILES   registered files (1)
 *     FIXED_BUFFERS registered buffers (0)
 *     DEFER         1: IORING_SETUP_DEFER_TASKRUN, 0: COOP_TASKRUN (1)
 *     OVERLAP       the writes of a batch and the reads of the next one in one call (0)
 *     NAPI, DELAY_NS: see tap.h
 */
#include "uring.h"

#include <poll.h>

#define MAX_BATCH 64

enum { READ, WRITE };

struct side {
	unsigned batch, came;
	int pages; /* which of its two sets of frames the reads go into */
	int lengths[2][MAX_BATCH];
};

static int fds[2];
static struct side sides[2];
static char frames[2][2][MAX_BATCH][MAX_FRAME];
static unsigned batch_min, batch_max;
static int fixed_files, fixed_buffers;

static struct io_uring_sqe *submission(int opcode, int on, int kind, int side, int page, unsigned slot)
{
	struct io_uring_sqe *sqe = uring_submission((uint64_t)slot << 8 | page << 5 | side << 4 | kind);

	sqe->opcode = opcode;
	sqe->fd = fixed_files ? on : fds[on];
	sqe->flags = fixed_files ? IOSQE_FIXED_FILE : 0;
	sqe->addr = (uintptr_t)frames[side][page][slot];
	return sqe;
}

static unsigned add_reads(int side)
{
	struct side *s = &sides[side];

	for (unsigned i = 0; i < s->batch; i++) {
		int opcode = fixed_buffers ? IORING_OP_READ_FIXED : IORING_OP_READ;
		struct io_uring_sqe *sqe = submission(opcode, side, READ, side, s->pages, i);

		sqe->len = MAX_FRAME;
		sqe->rw_flags = RWF_NOWAIT;
	}
	return s->batch;
}

static unsigned add_writes(int side, int page)
{
	unsigned count = 0;

	for (unsigned i = 0; i < MAX_BATCH; i++) {
		int length = sides[side].lengths[page][i];
		if (length > 0) {
			int opcode = fixed_buffers ? IORING_OP_WRITE_FIXED : IORING_OP_WRITE;
			struct io_uring_sqe *sqe = submission(opcode, 1 - side, WRITE, side, page, i);

			delay();
			sqe->len = length;
			sides[side].lengths[page][i] = 0;
			count++;
		}
	}
	return count;
}

/* Submits what is queued and takes so many completions. */
static void complete(unsigned wanted)
{
	unsigned head = *ring.cq_head, done = 0;

	while (done < wanted) {
		uring_enter(wanted - done);
		for (; head != __atomic_load_n(ring.cq_tail, __ATOMIC_ACQUIRE); head++, done++) {
			struct io_uring_cqe *cqe = &ring.cqes[head & *ring.cq_mask];
			struct side *side = &sides[cqe->user_data >> 4 & 1];

			if (cqe->res == -EBADFD)
				exit(0); /* the device is gone */
			if ((cqe->user_data & 15) == READ && cqe->res > 0) {
				side->lengths[cqe->user_data >> 5 & 1][cqe->user_data >> 8] = cqe->res;
				side->came++;
			}
		}
		__atomic_store_n(ring.cq_head, head, __ATOMIC_RELEASE);
	}
}

/* Whether the batch came back full; sizes the next one. */
static int was_full(struct side *side, unsigned asked)
{
	unsigned came = side->came;

	side->came = 0;
	if (came == asked && side->batch < batch_max)
		side->batch = side->batch * 2 < batch_max ? side->batch * 2 : batch_max;
	else if (came < asked / 4 && side->batch > batch_min)
		side->batch = side->batch / 2 > batch_min ? side->batch / 2 : batch_min;
	return came == asked;
}

static int forward_batch(int side)
{
	unsigned asked = add_reads(side);

	complete(asked);
	complete(add_writes(side, 0));
	return was_full(&sides[side], asked);
}

/* Until the side is drained, or has had so many full batches; the writes of one go in with the reads of the next. */
static int forward_overlapped(int side, unsigned most)
{
	struct side *s = &sides[side];
	unsigned asked = add_reads(side);
	int full;

	complete(asked);
	while ((full = was_full(s, asked)) && --most) {
		unsigned writes = add_writes(side, s->pages);

		s->pages = 1 - s->pages;
		asked = add_reads(side);
		complete(writes + asked);
	}
	complete(add_writes(side, s->pages));
	return full;
}

static int wait_readable(void)
{
	struct pollfd polled[2] = { { .fd = fds[0], .events = POLLIN }, { .fd = fds[1], .events = POLLIN } };

	if (poll(polled, 2, -1) < 0 && errno != EINTR)
		die("poll", "TAP");
	if ((polled[0].revents | polled[1].revents) & POLLERR)
		exit(0);
	return (polled[0].revents & POLLIN ? 1 : 0) | (polled[1].revents & POLLIN ? 2 : 0);
}

int main(int argc, char **argv)
{
	int rest = setting("REST", 1, 0, 1), overlap = setting("OVERLAP", 0, 0, 1), readable = 0;
	unsigned rest_max = setting("REST_MAX", 16, 1, 1000000);

	batch_max = setting("BATCH_MAX", MAX_BATCH, 1, MAX_BATCH);
	batch_min = setting("BATCH_MIN", batch_max < 8 ? batch_max : 8, 1, batch_max);
	sides[0].batch = sides[1].batch = batch_min;
	fixed_files = setting("FIXED_FILES", 1, 0, 1);
	fixed_buffers = setting("FIXED_BUFFERS", 0, 0, 1);
	uring_open(setting("DEFER", 1, 0, 1) ? IORING_SETUP_DEFER_TASKRUN : IORING_SETUP_COOP_TASKRUN);
	tap_open_pair(argc, argv, fds);
	if (fixed_files)
		uring_register(IORING_REGISTER_FILES, fds, 2, "files");
	if (fixed_buffers) {
		struct iovec all = { frames, sizeof(frames) };
		uring_register(IORING_REGISTER_BUFFERS, &all, 1, "buffers");
	}
	for (;;) {
		readable = readable ? readable : wait_readable();
		for (int side = 0; side < 2; side++) {
			unsigned most = rest ? rest_max : 1;
			int full = 1;

			if (!(readable & 1 << side))
				continue;
			if (overlap)
				full = forward_overlapped(side, most);
			else
				while (most-- && (full = forward_batch(side)))
					;
			if (!full)
				readable &= ~(1 << side);
		}
	}
}
