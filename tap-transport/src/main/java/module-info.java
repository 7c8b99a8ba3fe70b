/** Linux TAP devices and the Netty channels on them. */
@SuppressWarnings("requires-automatic")
module io.github.nettytap.transport {
    requires transitive io.github.nettytap.codec;
    requires transitive io.netty.buffer;
    requires transitive io.netty.transport;
    requires transitive io.netty.transport.unix.common;
    requires io.netty.common;
    requires io.netty.transport.classes.epoll;
    requires io.netty.transport.classes.io_uring;
    requires org.jnrproject.ffi;
    // jnr-ffi is an automatic module and cannot ask for it.
    requires org.objectweb.asm.util;

    exports io.github.nettytap.transport.channel;
    exports io.github.nettytap.transport.device;
    exports io.github.nettytap.transport.diagnostics;
    exports io.github.nettytap.transport.link;
    exports io.github.nettytap.transport.netlink;
    // Not for users: jnr-ffi implements its interface in an unnamed module.
    exports io.github.nettytap.transport.linux.libc;
}
