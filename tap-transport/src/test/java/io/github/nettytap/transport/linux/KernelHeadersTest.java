/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.File;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Numbers and offsets of the kernel's and libc's headers, as a C compiler sees them: for this machine and for aarch64,
 * which no test has run on.
 */
class KernelHeadersTest {

    private static final String HEADERS = """
            #define _GNU_SOURCE
            #include <stddef.h>
            #include <fcntl.h>
            #include <poll.h>
            #include <sched.h>
            #include <sys/eventfd.h>
            #include <sys/ioctl.h>
            #include <sys/resource.h>
            #include <sys/socket.h>
            #include <sys/stat.h>
            #include <sys/syscall.h>
            #include <sys/uio.h>
            #include <sys/un.h>
            #include <linux/capability.h>
            #include <linux/ethtool.h>
            #include <linux/filter.h>
            #include <linux/fs.h>
            #include <linux/if.h>
            #include <linux/if_addr.h>
            #include <linux/if_arp.h>
            #include <linux/if_ether.h>
            #include <linux/if_link.h>
            #include <linux/if_packet.h>
            #include <linux/if_tun.h>
            #include <linux/neighbour.h>
            #include <linux/netlink.h>
            #include <linux/nsfs.h>
            #include <linux/rtnetlink.h>
            #include <linux/sockios.h>
            #include <linux/veth.h>
            #include <linux/virtio_net.h>
            """;

    /** Classes whose constants have the names of the headers. */
    private static final List<String> BY_NAME =
            List.of("linux.Fcntl", "linux.Namespaces", "linux.Sockets", "linux.TunIoctl");

    /** Messages of rtnetlink are named without their prefix. */
    private static final String RTM = "netlink.Rtm";

    /** Newer than the headers of Debian 12, or of nobody else's. */
    private static final List<String> UNKNOWN_TO_THE_HEADERS = List.of("IFF_NO_CARRIER", "PACKET_VNET_HDR_SZ");

    /** Sizes and offsets, as they stand in the code. */
    private static final Map<String, Integer> LAYOUTS = new LinkedHashMap<>();

    static {
        LAYOUTS.put("sizeof(struct ifreq)", IfReq.SIZE);
        LAYOUTS.put("IFNAMSIZ", IfReq.NAME_SIZE);
        LAYOUTS.put("offsetof(struct ifreq, ifr_flags)", IfReq.NAME_SIZE);
        LAYOUTS.put("offsetof(struct ifreq, ifr_data)", IfReq.NAME_SIZE);
        LAYOUTS.put("offsetof(struct ifreq, ifr_hwaddr.sa_data)", IfReq.NAME_SIZE + 2);
        LAYOUTS.put("sizeof(struct pollfd)", 8);
        LAYOUTS.put("offsetof(struct pollfd, revents)", 6);
        LAYOUTS.put("sizeof(struct msghdr)", 56);
        LAYOUTS.put("offsetof(struct msghdr, msg_iov)", 16);
        LAYOUTS.put("offsetof(struct msghdr, msg_iovlen)", 24);
        LAYOUTS.put("offsetof(struct msghdr, msg_control)", 32);
        LAYOUTS.put("offsetof(struct msghdr, msg_controllen)", 40);
        LAYOUTS.put("offsetof(struct msghdr, msg_flags)", 48);
        LAYOUTS.put("sizeof(struct iovec)", 16);
        LAYOUTS.put("offsetof(struct iovec, iov_len)", 8);
        LAYOUTS.put("sizeof(struct cmsghdr)", 16);
        LAYOUTS.put("offsetof(struct cmsghdr, cmsg_level)", 8);
        LAYOUTS.put("offsetof(struct cmsghdr, cmsg_type)", 12);
        LAYOUTS.put("CMSG_LEN(sizeof(int))", 20);
        LAYOUTS.put("offsetof(struct msghdr, msg_namelen)", 8);
        LAYOUTS.put("CMSG_SPACE(sizeof(struct tpacket_auxdata))", 40);
        LAYOUTS.put("sizeof(struct sockaddr_ll)", SockaddrLl.SIZE);
        LAYOUTS.put("offsetof(struct sockaddr_ll, sll_protocol)", 2);
        LAYOUTS.put("offsetof(struct sockaddr_ll, sll_ifindex)", 4);
        LAYOUTS.put("offsetof(struct sockaddr_ll, sll_hatype)", 8);
        LAYOUTS.put("offsetof(struct sockaddr_ll, sll_pkttype)", 10);
        LAYOUTS.put("ETH_P_ALL", SockaddrLl.ETH_P_ALL);
        LAYOUTS.put("PACKET_OUTGOING", 4);
        LAYOUTS.put("sizeof(struct packet_mreq)", 16);
        LAYOUTS.put("offsetof(struct packet_mreq, mr_type)", 4);
        LAYOUTS.put("sizeof(struct tpacket_auxdata)", 20);
        LAYOUTS.put("offsetof(struct tpacket_auxdata, tp_vlan_tci)", 16);
        LAYOUTS.put("offsetof(struct tpacket_auxdata, tp_vlan_tpid)", 18);
        LAYOUTS.put("TP_STATUS_VLAN_VALID", 1 << 4);
        LAYOUTS.put("TP_STATUS_VLAN_TPID_VALID", 1 << 6);
        LAYOUTS.put("offsetof(struct tpacket_stats, tp_drops)", 4);
        LAYOUTS.put("SIOCGIFNAME", 0x8910);
        LAYOUTS.put("SIOCGIFFLAGS", 0x8913);
        LAYOUTS.put("SIOCGIFINDEX", 0x8933);
        LAYOUTS.put("SIOCGSKNS", 0x894c);
        LAYOUTS.put("ARPHRD_LOOPBACK", 772);
        LAYOUTS.put("sizeof(((struct sockaddr_un *) 0)->sun_path)", 108);
        LAYOUTS.put("sizeof(struct sock_fprog)", 16);
        LAYOUTS.put("sizeof(struct sock_filter)", 8);
        LAYOUTS.put("sizeof(struct tun_filter)", 4);
        LAYOUTS.put("TUN_FLT_ALLMULTI", 1);
        LAYOUTS.put("sizeof(struct nlmsghdr)", 16);
        LAYOUTS.put("sizeof(struct nlattr)", 4);
        LAYOUTS.put("sizeof(struct sockaddr_nl)", 12);
        LAYOUTS.put("sizeof(struct ifinfomsg)", 16);
        LAYOUTS.put("sizeof(struct ifaddrmsg)", 8);
        LAYOUTS.put("sizeof(struct rtmsg)", 12);
        LAYOUTS.put("sizeof(struct ndmsg)", 12);
        LAYOUTS.put("sizeof(struct virtio_net_hdr)", 10);
        LAYOUTS.put("offsetof(struct virtio_net_hdr, csum_start)", 6);
        LAYOUTS.put("sizeof(struct virtio_net_hdr_mrg_rxbuf)", 12);
        LAYOUTS.put("SIOCETHTOOL", 0x8946);
        LAYOUTS.put("RLIMIT_NOFILE", 7);
        LAYOUTS.put("CAP_NET_ADMIN", 12);
        LAYOUTS.put("CAP_SYS_ADMIN", 21);
        LAYOUTS.put("RWF_NOWAIT", 8);
        LAYOUTS.put("SYS_io_uring_setup", 425);
        LAYOUTS.put("EFD_CLOEXEC | EFD_NONBLOCK", 0x80800);
        LAYOUTS.put("POLLIN", PollFd.POLLIN);
    }

    @TempDir
    Path directory;

    private static Map<String, Number> constants(String name) throws ReflectiveOperationException {
        Map<String, Number> constants = new LinkedHashMap<>();
        Class<?> type = Class.forName("io.github.nettytap.transport." + name);
        for (Field field : type.getDeclaredFields()) {
            if (Modifier.isStatic(field.getModifiers()) && field.getType() == int.class) {
                field.setAccessible(true);
                constants.put(field.getName(), (Number) field.get(null));
            }
        }
        return constants;
    }

    private static Map<String, Number> all() throws ReflectiveOperationException {
        Map<String, Number> all = new LinkedHashMap<>(LAYOUTS);
        for (String name : BY_NAME) {
            all.putAll(constants(name));
        }
        constants(RTM).forEach((name, value) -> all.put(name.contains("_") ? name : "RTM_" + name, value));
        all.keySet().removeAll(UNKNOWN_TO_THE_HEADERS);
        return all;
    }

    @ParameterizedTest
    @ValueSource(strings = {"gcc", "aarch64-linux-gnu-gcc"})
    void compilerAgrees(String compiler) throws Exception {
        boolean there = Arrays.stream((System.getenv("PATH")).split(File.pathSeparator))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, compiler)));
        assumeTrue(
                there || "true".equals(System.getenv("CI")),
                "no compiler: apt-get install gcc libc6-dev gcc-aarch64-linux-gnu libc6-dev-arm64-cross");
        StringBuilder source = new StringBuilder(HEADERS);
        all().forEach((name, value) -> source.append("_Static_assert((unsigned) (")
                .append(name)
                .append(") == ")
                .append(Integer.toUnsignedString(value.intValue()))
                .append("u, \"")
                .append(name.replace("\"", ""))
                .append("\");\n"));
        Path file = Files.writeString(directory.resolve("headers.c"), source);
        Process process = new ProcessBuilder(compiler, "-fsyntax-only", file.toString())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes());
        assertThat(output).isEmpty();
        assertThat(process.waitFor()).isZero();
    }
}
