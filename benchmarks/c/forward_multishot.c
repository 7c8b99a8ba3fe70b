/* Copyright the netty-tap authors. SPDX-License-Identifier: Apache-2.0 */

/*
 * The other way to read with io_uring: a multishot read on each TAP, into buffers that the kernel takes out of a ring of
 * provided ones (Linux 6.7). No poll, no empty reads; each frame still is a read of its own. It is here for the
 * tournament (benchmarks/tournament), beside forward_uring.
 *
 *     [SWITCH=N]... forward_multishot [-v] [-a | -o OFFLOAD_MASK] TAP TAP
 *
 *     BUFFERS   provided buffers, a power of two (256)
 *     WAIT      completions that a call waits for at least (1)
 *     DEFER, FIXED_FILES: see forward_uring.c; NAPI, DELAY_NS: see tap.h
 */
#include "uring.h"


#define MAX_BUFFERS 256
#define GROUP 0

/* Linux 6.7; absent from older headers. */
#define OP_READ_MULTISHOT 49

enum { READ, WRITE };

static int fds[2], fixed_files, armed[2];
static unsigned buffers, in_use;
static char frames[MAX_BUFFERS][MAX_FRAME];
static struct io_uring_buf_ring *provided;

static void provide(unsigned id)
{
	unsigned short tail = provided->tail;
	struct io_uring_buf *buf = &provided->bufs[tail & (buffers - 1)];

	buf->addr = (uintptr_t)frames[id];
	buf->len = MAX_FRAME;
	buf->bid = id;
	__atomic_store_n(&provided->tail, tail + 1, __ATOMIC_RELEASE);
}

static void provide_all(void)
{
	struct io_uring_buf_reg registration = { .ring_entries = buffers, .bgid = GROUP };

	provided = mmap(NULL, MAX_BUFFERS * sizeof(struct io_uring_buf), PROT_READ | PROT_WRITE,
			MAP_ANONYMOUS | MAP_PRIVATE | MAP_POPULATE, -1, 0);
	if (provided == MAP_FAILED)
		die("mmap", "provided buffers");
	registration.ring_addr = (uintptr_t)provided;
	uring_register(IORING_REGISTER_PBUF_RING, &registration, 1, "provided buffers");
	for (unsigned id = 0; id < buffers; id++)
		provide(id);
}

static struct io_uring_sqe *submission(int opcode, int on, uint64_t user_data)
{
	struct io_uring_sqe *sqe = uring_submission(user_data);

	sqe->opcode = opcode;
	sqe->fd = fixed_files ? on : fds[on];
	sqe->flags = fixed_files ? IOSQE_FIXED_FILE : 0;
	return sqe;
}

static void arm(int side)
{
	struct io_uring_sqe *sqe = submission(OP_READ_MULTISHOT, side, side << 4 | READ);

	sqe->flags |= IOSQE_BUFFER_SELECT;
	sqe->buf_group = GROUP;
	armed[side] = 1;
}

static void came(int side, struct io_uring_cqe *cqe)
{
	unsigned id = cqe->flags >> IORING_CQE_BUFFER_SHIFT;

	if (!(cqe->flags & IORING_CQE_F_MORE))
		armed[side] = 0;
	if (cqe->res <= 0) {
		if (cqe->res == -EBADFD)
			exit(0); /* the device is gone */
		if (cqe->res < 0 && cqe->res != -ENOBUFS && cqe->res != -EAGAIN) {
			errno = -cqe->res;
			die("multishot read", "TAP");
		}
		if (cqe->flags & IORING_CQE_F_BUFFER)
			provide(id);
		return;
	}
	struct io_uring_sqe *sqe = submission(IORING_OP_WRITE, 1 - side, (uint64_t)id << 8 | side << 4 | WRITE);

	delay();
	sqe->addr = (uintptr_t)frames[id];
	sqe->len = cqe->res;
	in_use++;
}

int main(int argc, char **argv)
{
	unsigned wait = setting("WAIT", 1, 1, 64), head = 0;

	buffers = setting("BUFFERS", MAX_BUFFERS, 2, MAX_BUFFERS);
	if (buffers & (buffers - 1)) {
		fprintf(stderr, "bad setting: BUFFERS=%u (expected: a power of two)\n", buffers);
		return 2;
	}
	fixed_files = setting("FIXED_FILES", 1, 0, 1);
	uring_open(setting("DEFER", 1, 0, 1) ? IORING_SETUP_DEFER_TASKRUN : IORING_SETUP_COOP_TASKRUN);
	tap_open_pair(argc, argv, fds);
	if (fixed_files)
		uring_register(IORING_REGISTER_FILES, fds, 2, "files");
	provide_all();
	for (;;) {
		/* A read that found no buffer has ended; it is made anew once there are some. */
		for (int side = 0; side < 2; side++)
			if (!armed[side] && in_use < buffers)
				arm(side);
		uring_enter(wait);
		for (; head != __atomic_load_n(ring.cq_tail, __ATOMIC_ACQUIRE); head++) {
			struct io_uring_cqe *cqe = &ring.cqes[head & *ring.cq_mask];

			if ((cqe->user_data & 15) == READ) {
				came(cqe->user_data >> 4 & 1, cqe);
			} else {
				if (cqe->res == -EBADFD)
					exit(0);
				provide(cqe->user_data >> 8);
				in_use--;
			}
		}
		__atomic_store_n(ring.cq_head, head, __ATOMIC_RELEASE);
	}
}
