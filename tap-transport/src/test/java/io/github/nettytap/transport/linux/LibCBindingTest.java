/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ref.Reference;
import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import java.nio.LongBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Each function of {@link LibC}, by each binding that this JVM has: what it returns, what it writes, and its errno.
 *
 * <p>Expected is what the manual pages say, so the bindings agree with each other when they agree with it.
 */
@ParameterizedClass(name = "{0}")
@MethodSource("bindings")
class LibCBindingTest {

    private static final boolean AARCH64 = System.getProperty("os.arch").equals("aarch64");

    private static final int EFD_NONBLOCK = Fcntl.O_NONBLOCK;
    private static final int FIOCLEX = 0x5451;
    private static final int FIONREAD = 0x541b;
    private static final int EAFNOSUPPORT = 97;
    private static final int ENOPROTOOPT = 92;

    @Parameter
    LibCBinding binding;

    private LibC c;
    private final List<Integer> open = new ArrayList<>();

    static Stream<LibCBinding> bindings() {
        return LibCBinding.isCompiled() ? Arrays.stream(LibCBinding.values()) : Stream.of(LibCBinding.JNR_FFI);
    }

    @BeforeEach
    void bind() {
        c = binding.open();
    }

    @AfterEach
    void closeAll() {
        open.forEach(fd -> assertThat(c.close(fd)).isZero());
    }

    @Test
    void everyFunctionIsTriedHere() throws Exception {
        String source =
                Files.readString(Path.of("src/test/java", getClass().getName().replace('.', '/') + ".java"));
        List<String> untried = Arrays.stream(LibC.class.getMethods())
                .map(Method::getName)
                .filter(name -> !name.equals("get") && !source.contains("c." + name + "("))
                .collect(Collectors.toList());
        assertThat(untried).isEmpty();
    }

    @Test
    void openAndClose() {
        fails(c.open("/nonexistent/ä", Fcntl.O_RDWR), Errno.ENOENT);
        fails(c.open("/", Fcntl.O_RDWR), Errno.EISDIR);
        int fd = c.open("/dev/null", Fcntl.O_RDWR | Fcntl.O_CLOEXEC);
        assertThat(fd).isPositive();
        assertThat(c.close(fd)).isZero();
        fails(c.close(fd), Errno.EBADF);
    }

    @Test
    void descriptors() {
        int fd = opened(c.eventfd(0, EFD_NONBLOCK));
        int copy = opened(c.dup(fd));
        assertThat(copy).isNotEqualTo(fd);
        fails(c.dup(-1), Errno.EBADF);
        assertThat(c.fcntl(copy, Fcntl.F_GETFD, 0)).isZero();
        assertThat(c.fcntl(copy, Fcntl.F_SETFD, Fcntl.FD_CLOEXEC)).isZero();
        assertThat(c.fcntl(copy, Fcntl.F_GETFD, 0)).isEqualTo(Fcntl.FD_CLOEXEC);
        fails(c.fcntl(copy, 12345, 0), Errno.EINVAL);
        fails(c.fcntl(-1, Fcntl.F_GETFD, 0), Errno.EBADF);
    }

    @Test
    void eventfds() {
        int fd = opened(c.eventfd(7, EFD_NONBLOCK));
        ByteBuffer memory = Structs.allocate(24);
        memory.position(8).limit(16);
        assertThat(c.read(fd, memory)).isEqualTo(8);
        assertThat(memory.duplicate().clear().order(memory.order()).asLongBuffer())
                .isEqualTo(LongBuffer.wrap(new long[] {0, 7, 0}));
        assertThat(memory.position()).isEqualTo(8);
        fails(c.read(fd, memory), Errno.EAGAIN);
        assertThat(c.write(fd, memory)).isEqualTo(8);
        memory.putLong(8, -1);
        fails(c.write(fd, memory), Errno.EINVAL);
        fails(c.write(fd, memory.slice().limit(4)), Errno.EINVAL);
        fails(c.eventfd(0, -1), Errno.EINVAL);
    }

    @Test
    void ioctlsWithANumberAndWithAStruct() {
        int fd = opened(c.eventfd(0, 0));
        assertThat(c.ioctl(fd, FIOCLEX, 0)).isZero();
        assertThat(c.fcntl(fd, Fcntl.F_GETFD, 0)).isEqualTo(Fcntl.FD_CLOEXEC);
        // Its number is negative as an int.
        assertThat(TunIoctl.TUNGETIFF).isNegative();
        fails(c.ioctl(fd, TunIoctl.TUNGETIFF, Structs.allocate(40)), Errno.ENOTTY);
        fails(c.ioctl(-1, FIOCLEX, 0), Errno.EBADF);

        int[] pair = pair(Sockets.SOCK_STREAM);
        c.write(pair[0], text("hello"));
        ByteBuffer waiting = Structs.ofInt(0);
        assertThat(c.ioctl(pair[1], FIONREAD, waiting)).isZero();
        assertThat(waiting.getInt(0)).isEqualTo(5);
    }

    @Test
    void readsWithFlags() {
        int[] pair = pair(Sockets.SOCK_STREAM);
        c.write(pair[0], text("hello"));
        ByteBuffer destination = Structs.allocate(8);
        assertThat(c.preadv2(pair[1], destination, 0)).isEqualTo(5);
        assertThat(destination.get(4)).isEqualTo((byte) 'o');
        fails(c.preadv2(pair[1], destination, 1 << 30), Errno.EOPNOTSUPP);
    }

    @Test
    void polls() {
        int fd = opened(c.eventfd(0, EFD_NONBLOCK));
        ByteBuffer pollfd = Structs.allocate(8);
        pollfd.putInt(0, fd).putShort(4, (short) PollFd.POLLIN);
        assertThat(c.poll(pollfd, 1, 0)).isZero();
        c.write(fd, Structs.allocate(8).putLong(0, 1));
        assertThat(c.poll(pollfd, 1, -1)).isEqualTo(1);
        assertThat(pollfd.getShort(6)).isEqualTo((short) PollFd.POLLIN);
        fails(c.poll(pollfd, -1, 0), Errno.EINVAL);
    }

    @Test
    void socketsAndTheirOptions() {
        int fd = opened(c.socket(Sockets.AF_UNIX, Sockets.SOCK_STREAM, 0));
        assertThat(c.socket(999, Sockets.SOCK_STREAM, 0)).isEqualTo(-EAFNOSUPPORT);
        fails(c.socketpair(Sockets.AF_INET, Sockets.SOCK_STREAM, 0, new int[2]), Errno.EOPNOTSUPP);
        assertThat(c.setsockopt(fd, Sockets.SOL_SOCKET, Sockets.SO_RCVBUF, Structs.ofInt(4096)))
                .isZero();
        assertThat(c.setsockopt(fd, Sockets.SOL_SOCKET, 12345, Structs.ofInt(1)))
                .isEqualTo(-ENOPROTOOPT);
        fails(c.setsockopt(fd, Sockets.SOL_SOCKET, Sockets.SO_RCVBUF, Structs.allocate(1)), Errno.EINVAL);
        ByteBuffer value = Structs.ofInt(0);
        assertThat(c.getsockopt(fd, Sockets.SOL_SOCKET, Sockets.SO_RCVBUF, value))
                .isZero();
        assertThat(value.getInt(0)).isEqualTo(2 * 4096);
        assertThat(c.getsockopt(fd, Sockets.SOL_SOCKET, 12345, value)).isEqualTo(-ENOPROTOOPT);
    }

    @Test
    void connections() {
        int server = opened(c.socket(Sockets.AF_UNIX, Sockets.SOCK_STREAM | Sockets.SOCK_NONBLOCK, 0));
        ByteBuffer family = Structs.allocate(2);
        family.putShort(0, (short) Sockets.AF_UNIX);
        // A family alone: the kernel chooses an abstract name of five digits.
        assertThat(c.bind(server, family)).isZero();
        fails(c.bind(-1, family), Errno.EBADF);
        ByteBuffer address = Structs.allocate(110);
        assertThat(c.getsockname(server, address)).isZero();
        assertThat(address.getShort(0)).isEqualTo((short) Sockets.AF_UNIX);
        assertThat(address.get(3)).isNotZero();
        address.limit(8);

        int client = opened(c.socket(Sockets.AF_UNIX, Sockets.SOCK_STREAM, 0));
        fails(c.connect(client, address), Errno.ECONNREFUSED);
        fails(c.accept(server, 0), Errno.EINVAL);
        assertThat(c.listen(server, 1)).isZero();
        fails(c.listen(-1, 1), Errno.EBADF);
        fails(c.accept(server, 0), Errno.EAGAIN);
        assertThat(c.connect(client, address)).isZero();
        int accepted = opened(c.accept(server, Sockets.SOCK_CLOEXEC));
        assertThat(c.fcntl(accepted, Fcntl.F_GETFD, 0)).isEqualTo(Fcntl.FD_CLOEXEC);
        fails(c.getsockname(-1, address), Errno.EBADF);
    }

    @Test
    void messages() {
        int[] pair = pair(Sockets.SOCK_SEQPACKET);
        ByteBuffer memory = Structs.allocate(16);
        assertThat(c.send(pair[0], text("hello"), 0)).isEqualTo(5);
        assertThat(c.recv(pair[1], memory.limit(2), Sockets.MSG_TRUNC | Sockets.MSG_PEEK))
                .isEqualTo(5);
        assertThat(memory.get(1)).isEqualTo((byte) 'e');
        memory.clear();
        assertThat(c.recv(pair[1], memory, 0)).isEqualTo(5);
        assertThat(memory.get(4)).isEqualTo((byte) 'o');
        fails(c.recv(pair[1], memory, Sockets.MSG_DONTWAIT), Errno.EAGAIN);

        ByteBuffer iovec = Structs.allocate(16);
        ByteBuffer message = Structs.allocate(56);
        iovec.putLong(0, c.addressOf(memory)).putLong(8, 3);
        message.putLong(16, c.addressOf(iovec)).putLong(24, 1);
        assertThat(c.sendmsg(pair[0], message, 0)).isEqualTo(3);
        assertThat(c.recvmsg(pair[1], message, 0)).isEqualTo(3);
        fails(c.recvmsg(pair[1], message, Sockets.MSG_DONTWAIT), Errno.EAGAIN);
        assertThat(c.send(pair[0], text("by address"), 0)).isEqualTo(10);
        assertThat(c.recvmsg(pair[1], c.addressOf(message), 0)).isEqualTo(3);
        fails(c.recvmsg(pair[1], c.addressOf(message), Sockets.MSG_DONTWAIT), Errno.EAGAIN);
        fails(c.sendmsg(-1, message, 0), Errno.EBADF);
        Reference.reachabilityFence(iovec);

        assertThat(c.close(pair[1])).isZero();
        open.remove(Integer.valueOf(pair[1]));
        fails(c.send(pair[0], text("x"), Sockets.MSG_NOSIGNAL), Errno.EPIPE);
    }

    @Test
    void namespaces() {
        fails(c.unshare(1), Errno.EINVAL);
        assertThat(c.unshare(0)).isZero();
        fails(c.setns(-1, Namespaces.CLONE_NEWNET), Errno.EBADF);
        int net = opened(c.open(Namespaces.OF_THIS_THREAD, Fcntl.O_RDONLY));
        assertThat(c.setns(net, Namespaces.CLONE_NEWNET)).isIn(0, -Errno.EPERM.number());
        int self = opened(c.open("/proc/self", Fcntl.O_RDONLY));
        fails(c.setns(self, Namespaces.CLONE_NEWNET), Errno.EINVAL);
    }

    @Test
    void scheduling() {
        List<Integer> results = onThreadOfItsOwn(() -> {
            ByteBuffer all = Structs.allocate(128);
            for (int i = 0; i < all.capacity(); i++) {
                all.put(i, (byte) 0xff);
            }
            return List.of(
                    c.schedSetaffinity(Structs.allocate(128)),
                    c.schedSetaffinity(all),
                    c.setpriority(19),
                    niceValueOfThisThread());
        });
        assertThat(results).containsExactly(-Errno.EINVAL.number(), 0, 0, 19);
    }

    @Test
    void processAndLimits() throws Exception {
        String uids = Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith("Uid:"))
                .findFirst()
                .orElseThrow();
        assertThat(c.geteuid()).isEqualTo(Integer.parseInt(uids.split("\t")[2]));

        ByteBuffer limit = Structs.allocate(16);
        fails(c.getrlimit(12345, limit), Errno.EINVAL);
        assertThat(c.getrlimit(7, limit)).isZero();
        String files = Files.readAllLines(Path.of("/proc/self/limits")).stream()
                .filter(line -> line.startsWith("Max open files"))
                .findFirst()
                .orElseThrow();
        assertThat(limit.getLong(0)).isEqualTo(Long.parseLong(files.split(" {2,}")[1]));

        long getpid = AARCH64 ? 172 : 39;
        assertThat((long) c.syscall(getpid, 0, 0, 0))
                .isEqualTo(ProcessHandle.current().pid());
        fails(c.syscall(100_000, 0, 0, 0), Errno.ENOSYS);
    }

    @Test
    void addresses() {
        ByteBuffer memory = Structs.allocate(16);
        long start = c.addressOf(memory);
        assertThat(c.addressOf(memory.position(3))).isEqualTo(start + 3);
        assertThat(c.addressOf(memory.slice().position(2))).isEqualTo(start + 5);
        assertThat(c.addressOf(memory.position(16))).isEqualTo(start + 16);
        assertThatThrownBy(() -> c.addressOf(ByteBuffer.allocate(4)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("buffer is not direct: buffer=java.nio.HeapByteBuffer[pos=0 lim=4 cap=4]");
    }

    @Test
    void errnoIsThatOfTheThread() {
        Executor threads = task -> new Thread(task).start();
        List<CompletableFuture<Boolean>> all = Stream.of(0, 1, 2, 3)
                .map(n -> CompletableFuture.supplyAsync(
                        () -> {
                            for (int i = 0; i < 5_000; i++) {
                                boolean right = n % 2 == 0
                                        ? Errno.EBADF.is(c.dup(-1))
                                        : Errno.ENOENT.is(c.open("/nonexistent", Fcntl.O_RDONLY));
                                if (!right) {
                                    return false;
                                }
                            }
                            return true;
                        },
                        threads))
                .collect(Collectors.toList());
        assertThat(all).allMatch(CompletableFuture::join);
    }

    private static <T> T onThreadOfItsOwn(Supplier<T> work) {
        Executor thread = task -> new Thread(task).start();
        return CompletableFuture.supplyAsync(work, thread).join();
    }

    /** The 19th field of stat (proc_pid_stat(5)), the 17th after the name. */
    private static int niceValueOfThisThread() {
        try {
            String stat = Files.readString(Path.of("/proc/thread-self/stat"));
            return Integer.parseInt(stat.substring(stat.lastIndexOf(')') + 2).split(" ")[16]);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private int[] pair(int type) {
        int[] pair = new int[2];
        assertThat(c.socketpair(Sockets.AF_UNIX, type | Sockets.SOCK_CLOEXEC, 0, pair))
                .isZero();
        opened(pair[0]);
        opened(pair[1]);
        return pair;
    }

    private int opened(int fd) {
        assertThat(fd).isPositive();
        open.add(fd);
        return fd;
    }

    private static ByteBuffer text(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        return Structs.allocate(bytes.length).put(0, bytes);
    }

    private static void fails(int result, Errno errno) {
        assertThat(result).isEqualTo(-errno.number());
    }
}
