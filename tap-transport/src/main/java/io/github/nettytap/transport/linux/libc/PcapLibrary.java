/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.linux.libc;

/**
 * The functions of libpcap that compile filters, as jnr-ffi binds them: pointers are numbers. Public for jnr-ffi alone.
 * Source: {@code pcap/pcap.h}.
 */
public interface PcapLibrary {

    long pcap_open_dead(int linkType, int snapLength);

    int pcap_compile(long pcap, long program, String filter, int optimize, int netmask);

    String pcap_geterr(long pcap);

    void pcap_freecode(long program);

    void pcap_close(long pcap);
}
