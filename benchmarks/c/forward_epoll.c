/* Copyright the netty-tap authors. SPDX-License-Identifier: Apache-2.0 */

/*
 * The reference that every ratio is taken against: one thread, epoll, a frame read from one TAP and written to the
 * other, into and out of one buffer, which stays in the cache. It learns nothing and counts nothing.
 *
 *     [SWITCH=N]... forward_epoll [-v] [-a | -o OFFLOAD_MASK] TAP TAP
 *
 *     BURST     frames from one side before the other gets its turn (64)
 *     REST      0: both sides are polled after each turn. 1: a side that was found empty is not looked at again before
 *               the other is empty too, or has had REST_MAX full bursts: answers gather meanwhile (0)
 *     REST_MAX  full bursts of the other side that a drained side sits out at most (16)
 *     NAPI, DELAY_NS: see tap.h
 */
#include "tap.h"

#include <sys/epoll.h>

static int fds[2];
static char frame[MAX_FRAME];

/* Forwards up to so many frames; returns how many there were. */
static unsigned forward(int from, unsigned burst)
{
	unsigned count = 0;

	while (count < burst) {
		ssize_t length = read(fds[from], frame, sizeof(frame));

		if (length <= 0) {
			if (length < 0 && errno == EBADFD)
				exit(0); /* the device is gone */
			break;
		}
		count++;
		delay();
		/* A frame that the other side does not take, as when its link is down, is lost. */
		if (write(fds[1 - from], frame, length) < 0 && errno == EBADFD)
			exit(0);
	}
	return count;
}

int main(int argc, char **argv)
{
	struct epoll_event events[2];
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	unsigned burst = setting("BURST", 64, 1, 4096), rest = setting("REST", 0, 0, 1);
	unsigned rest_max = setting("REST_MAX", 16, 1, 1000000);

	tap_open_pair(argc, argv, fds);
	for (int i = 0; i < 2; i++) {
		struct epoll_event interest = { .events = EPOLLIN, .data.u32 = i };
		if (epoll_ctl(epoll, EPOLL_CTL_ADD, fds[i], &interest) < 0)
			die("epoll_ctl", "TAP");
	}
	for (;;) {
		int ready = epoll_wait(epoll, events, 2, -1);

		for (int e = 0; e < ready; e++) {
			int from = events[e].data.u32;
			unsigned turns = 0;

			if (events[e].events & EPOLLERR)
				return 0;
			while (forward(from, burst) == burst && rest && ++turns < rest_max)
				;
		}
	}
}
