/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.lifecycle;

/** Messages that quote what somebody else wrote: a file, a client, a command line. */
public final class Message {

    private static final int MAX_LENGTH = 1000;
    private static final int HEAD = 600;
    private static final int TAIL = 300;

    private Message() {}

    /**
     * A message on one line and of bounded length: the middle of a long one, which is what it quotes, is left out, so
     * that what was expected can still be read. Control characters, which could drive a terminal, become question
     * marks.
     */
    public static String of(String text) {
        String cut = text.length() <= MAX_LENGTH
                ? text
                : text.substring(0, HEAD) + " … (" + (text.length() - HEAD - TAIL) + " characters) … "
                        + text.substring(text.length() - TAIL);
        return cut.replaceAll("\\s*\\R\\s*", " ").replaceAll("\\p{Cntrl}", "?");
    }
}
