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
final class UnixSocketFile {

    private static final int S_IFMT = 0170000;
    private static final int S_IFSOCK = 0140000;

    private UnixSocketFile() {}

    /** Makes way for a new socket: removes what a process that has died left behind, and nothing else. */
    static void makeWay(SocketPortAddress address, Path path) throws IOException {
        Path directory = path.toAbsolutePath().getParent();
        if (directory == null || !Files.isDirectory(directory)) {
            throw new IOException("no directory for the socket: port=" + address
                    + " (expected: a path in a directory that exists, such as /run/lan.sock)");
        }
        if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        int mode = (Integer) Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS);
        if ((mode & S_IFMT) != S_IFSOCK) {
            throw new IOException(
                    "a file that is no socket is in the way: port=" + address + " (expected: a path where nothing is)");
        }
        if (answers(address, path)) {
            throw new IOException("another program has this socket: port=" + address
                    + " (expected: a path of its own for each port; to join that program: " + joining(address) + path
                    + ")");
        }
        Files.delete(path);
    }

    private static String joining(SocketPortAddress address) {
        return address.kind() == SocketPortAddress.Kind.UNIX ? "unix-connect:" : "unixgram-connect:";
    }

    /**
     * A stream socket that nobody listens on refuses, and so does a datagram socket whose process has died; one that is
     * alive says that it is of the wrong type (EPROTOTYPE).
     */
    private static boolean answers(SocketPortAddress address, Path path) throws IOException {
        try (SocketChannel probe = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            probe.connect(UnixDomainSocketAddress.of(path));
            return true;
        } catch (ConnectException e) {
            return false;
        } catch (SocketException e) {
            return !address.kind().isStream();
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
