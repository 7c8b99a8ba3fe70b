/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.linux;

/**
 * The TUN/TAP driver's ioctls and flags (linux/if_tun.h), as x86_64 and aarch64 encode them.
 *
 * <p>"by value" means that the number itself is the argument; the others take a pointer.
 */
public final class TunIoctl {

    /** Pointer to ifreq, read and written: the real name comes back. */
    public static final int TUNSETIFF = 0x400454ca;
    /** By value. */
    public static final int TUNSETPERSIST = 0x400454cb;
    /** By value. */
    public static final int TUNSETOWNER = 0x400454cc;
    /** By value. */
    public static final int TUNSETGROUP = 0x400454ce;
    /** Pointer to u32; works before TUNSETIFF. */
    public static final int TUNGETFEATURES = 0x800454cf;
    /** By value; a bit that the kernel does not know makes the whole call fail. */
    public static final int TUNSETOFFLOAD = 0x400454d0;
    /** Pointer to tun_filter; returns the number of exact entries. */
    public static final int TUNSETTXFILTER = 0x400454d1;
    /** Pointer to ifreq. */
    public static final int TUNGETIFF = 0x800454d2;
    /** Pointer to int. */
    public static final int TUNGETSNDBUF = 0x800454d3;
    /** Pointer to int. */
    public static final int TUNSETSNDBUF = 0x400454d4;
    /** Pointer to sock_fprog. */
    public static final int TUNATTACHFILTER = 0x401054d5;
    /** Pointer to sock_fprog, which is not read. */
    public static final int TUNDETACHFILTER = 0x401054d6;
    /** Pointer to int. */
    public static final int TUNGETVNETHDRSZ = 0x800454d7;
    /** Pointer to int. */
    public static final int TUNSETVNETHDRSZ = 0x400454d8;
    /** Pointer to ifreq, of which only the flags count. */
    public static final int TUNSETQUEUE = 0x400454d9;
    /** Pointer to u32; only before TUNSETIFF. */
    public static final int TUNSETIFINDEX = 0x400454da;
    /** Pointer to int. */
    public static final int TUNSETVNETLE = 0x400454dc;
    /** Pointer to int. */
    public static final int TUNGETVNETLE = 0x800454dd;
    /** Pointer to int, a program's descriptor; -1 removes. */
    public static final int TUNSETSTEERINGEBPF = 0x800454e0;
    /** Pointer to int, a program's descriptor; -1 removes. */
    public static final int TUNSETFILTEREBPF = 0x800454e1;
    /** Pointer to int. */
    public static final int TUNSETCARRIER = 0x400454e2;
    /** No argument; returns a descriptor of the device's network namespace; wants CAP_NET_ADMIN there. */
    public static final int TUNGETDEVNETNS = 0x54e3;

    /** Pointer to ifreq, on the TAP descriptor itself: no privilege needed (linux/sockios.h). */
    public static final int SIOCGIFHWADDR = 0x8927;
    /** Pointer to ifreq, on the TAP descriptor itself: no privilege needed (linux/sockios.h). */
    public static final int SIOCSIFHWADDR = 0x8924;

    public static final int IFF_TUN = 0x0001;
    public static final int IFF_TAP = 0x0002;
    public static final int IFF_NAPI = 0x0010;
    public static final int IFF_NO_CARRIER = 0x0040;
    public static final int IFF_MULTI_QUEUE = 0x0100;
    public static final int IFF_ATTACH_QUEUE = 0x0200;
    public static final int IFF_DETACH_QUEUE = 0x0400;
    /** Reported by TUNGETIFF only. */
    public static final int IFF_PERSIST = 0x0800;

    public static final int IFF_NO_PI = 0x1000;
    public static final int IFF_VNET_HDR = 0x4000;
    public static final int IFF_TUN_EXCL = 0x8000;

    private TunIoctl() {}
}
