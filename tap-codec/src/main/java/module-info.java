/** Ethernet frames and virtio-net headers as Netty pipeline handlers and header views. */
module io.github.nettytap.codec {
    requires transitive io.netty.buffer;
    requires transitive io.netty.transport;
    requires transitive io.netty.common;
    requires jdk.unsupported; // files written past the page cache

    exports io.github.nettytap.codec.capture;
    exports io.github.nettytap.codec.counter;
    exports io.github.nettytap.codec.fault;
    exports io.github.nettytap.codec.filter;
    exports io.github.nettytap.codec.offload;
    exports io.github.nettytap.codec.pcap;
    exports io.github.nettytap.codec.print;
    exports io.github.nettytap.codec.tunnel;
    exports io.github.nettytap.codec.virtio;
    exports io.github.nettytap.codec.wire;
}
