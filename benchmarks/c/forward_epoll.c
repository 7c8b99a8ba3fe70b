/* Copyright the netty-tap authors. SPDX-License-Identifier: Apache-2.0 */

/*
 * The reference that every ratio is taken against: one thread, epoll, a frame read from one TAP and written to the
 * other, into and out of one buffer, which stays in the cache. It learns nothing and counts nothing.
 *
 *     forward_epoll [-v] [-a | -o OFFLOAD_MASK] TAP TAP
 */
#include "tap.h"

#include <sys/epoll.h>

/* So many frames from one side before the other gets its turn. */
#define BURST 64

int main(int argc, char **argv)
{
	static char frame[MAX_FRAME];
	struct epoll_event events[2];
	int fds[2], epoll = epoll_create1(EPOLL_CLOEXEC);

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

			if (events[e].events & EPOLLERR)
				return 0; /* the device is gone */
			for (int n = 0; n < BURST; n++) {
				ssize_t length = read(fds[from], frame, sizeof(frame));

				if (length <= 0)
					break;
				/* A frame that the other side does not take, as when its link is down, is lost. */
				if (write(fds[1 - from], frame, length) < 0 && errno == EBADFD)
					return 0;
			}
		}
	}
}
