/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.port.socket;

import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.ThreadLocalRandom;

/** The file of a Unix socket that listens: what may be there already, and who may connect. Blocks. */
public final class UnixSocketFile {

    /** The longest path in bytes: sockaddr_un of uapi/linux/un.h has 108 for it and its terminator. */
    public static final int MAX_PATH = 107;

    private static final int S_IFMT = 0170000;
    private static final int S_IFSOCK = 0140000;

    private UnixSocketFile() {}

    /** Makes way for the socket of a port. */
    static void makeWay(SocketPortAddress address, Path path) throws IOException {
        boolean stream = address.kind().isStream();
        String joining = address.kind() == SocketPortAddress.Kind.UNIX ? "unix-connect:" : "unixgram-connect:";
        makeWay(path, stream, "port=" + address, "each port; to join that program: " + joining + path);
    }

    /**
     * Makes way for a new socket: removes what a process that has died left behind, and nothing else. Blocks, though
     * not for long.
     *
     * @param path where the socket is to be
     * @param stream whether it is to be a stream socket; false for one of datagrams
     * @param name the socket in messages, such as {@code path=/run/lan.sock}
     * @param user what needs a path of its own, in messages
     * @throws IOException if something else is there, a process has the socket, or there is no such directory
     */
    public static void makeWay(Path path, boolean stream, String name, String user) throws IOException {
        Path directory = path.toAbsolutePath().getParent();
        if (directory == null || !Files.isDirectory(directory)) {
            throw new IOException("no directory for the socket: " + name
                    + " (expected: a path in a directory that exists, such as /run/lan.sock)");
        }
        if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        int mode = (Integer) Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS);
        if ((mode & S_IFMT) != S_IFSOCK) {
            throw new IOException(
                    "a file that is no socket is in the way: " + name + " (expected: a path where nothing is)");
        }
        if (answers(path, stream)) {
            throw new IOException(
                    "another program has this socket: " + name + " (expected: a path of its own for " + user + ")");
        }
        Files.delete(path);
    }

    /**
     * A stream socket that nobody listens on refuses, and so does a datagram socket whose process has died; one that is
     * alive says that it is of the wrong type (EPROTOTYPE).
     */
    private static boolean answers(Path path, boolean stream) throws IOException {
        try (SocketChannel probe = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            probe.connect(UnixDomainSocketAddress.of(path));
            return true;
        } catch (ConnectException e) {
            return false;
        } catch (SocketException e) {
            return !stream;
        }
    }

    /** A name to bind under before the socket is published, short, as the path of a socket has 107 bytes at most. */
    static Path beside(Path path) {
        return path.resolveSibling(
                ".n" + Long.toString(ThreadLocalRandom.current().nextInt(1 << 30), 36));
    }

    /**
     * Moves a bound socket to its path, once it is its owner's alone. It is bound under another name, as a socket is
     * everybody's (less the umask) from when it is bound until its mode is set.
     */
    static void publish(Path bound, Path path) throws IOException {
        Files.setPosixFilePermissions(bound, PosixFilePermissions.fromString("rw-------"));
        Files.move(bound, path);
    }
}
