/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.control;

import java.io.IOException;
import java.net.ConnectException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;

/** The path of a control socket, and what may be there already. */
final class SocketFile {

    /** sockaddr_un of uapi/linux/un.h has 108 bytes for the path and its terminator. */
    private static final int MAX_PATH = 107;

    private static final int S_IFMT = 0170000;
    private static final int S_IFSOCK = 0140000;

    private SocketFile() {}

    static void checkLength(Path path) throws IOException {
        int length = path.toString().getBytes(StandardCharsets.UTF_8).length;
        if (length > MAX_PATH) {
            throw new IOException("the path of the control socket is too long: path=" + path + ", bytes=" + length
                    + " (expected: at most " + MAX_PATH + ")");
        }
    }

    /** Makes way for a new socket: removes what a process that has died left behind, and nothing else. */
    static void makeWay(Path path) throws IOException {
        checkLength(path);
        Path directory = path.toAbsolutePath().getParent();
        if (directory == null || !Files.isDirectory(directory)) {
            throw new IOException("no directory for the control socket: path=" + path
                    + " (expected: a path in a directory that exists, such as /run/netty-tap.sock)");
        }
        if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        int mode = (Integer) Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS);
        if ((mode & S_IFMT) != S_IFSOCK) {
            throw new IOException("a file that is no socket is in the way of the control socket: path=" + path
                    + " (expected: a path where nothing is)");
        }
        if (isListening(path)) {
            throw new IOException("another program listens on the control socket: path=" + path
                    + " (expected: a path of its own for each switch)");
        }
        Files.delete(path);
    }

    private static boolean isListening(Path path) throws IOException {
        try (SocketChannel probe = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            probe.connect(UnixDomainSocketAddress.of(path));
            return true;
        } catch (ConnectException e) {
            return false;
        }
    }
}
