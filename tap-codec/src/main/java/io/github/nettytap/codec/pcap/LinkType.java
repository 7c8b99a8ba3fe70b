/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.pcap;

import java.util.Map;

/**
 * Link types: what the first bytes of a captured frame are. Source: the LINKTYPE registry of
 * draft-ietf-opsawg-pcaplinktype.
 */
public final class LinkType {

    /** Ethernet frames, {@code LINKTYPE_ETHERNET}: all that netty-tap captures, prints, filters and replays. */
    public static final int ETHERNET = 1;

    private static final Map<Integer, String> NAMES = Map.ofEntries(
            Map.entry(0, "NULL, BSD loopback"),
            Map.entry(ETHERNET, "EN10MB, Ethernet"),
            Map.entry(6, "IEEE802, token ring"),
            Map.entry(8, "SLIP"),
            Map.entry(9, "PPP"),
            Map.entry(10, "FDDI"),
            Map.entry(12, "RAW, IP without a link layer"),
            Map.entry(50, "PPP_SERIAL"),
            Map.entry(51, "PPP_ETHER, PPP over Ethernet"),
            Map.entry(101, "RAW, IP without a link layer"),
            Map.entry(104, "C_HDLC"),
            Map.entry(105, "IEEE802_11, Wi-Fi"),
            Map.entry(108, "LOOP, OpenBSD loopback"),
            Map.entry(113, "LINUX_SLL, of tcpdump -i any"),
            Map.entry(117, "PFLOG"),
            Map.entry(119, "IEEE802_11_PRISM, Wi-Fi"),
            Map.entry(127, "IEEE802_11_RADIO, Wi-Fi with radiotap"),
            Map.entry(163, "IEEE802_11_AVS, Wi-Fi"),
            Map.entry(187, "BLUETOOTH_HCI_H4"),
            Map.entry(189, "USB_LINUX"),
            Map.entry(192, "PPI"),
            Map.entry(195, "IEEE802_15_4_WITHFCS"),
            Map.entry(201, "BLUETOOTH_HCI_H4_WITH_PHDR"),
            Map.entry(220, "USB_LINUX_MMAPPED"),
            Map.entry(227, "CAN_SOCKETCAN"),
            Map.entry(228, "IPV4 without a link layer"),
            Map.entry(229, "IPV6 without a link layer"),
            Map.entry(239, "NFLOG"),
            Map.entry(249, "USBPCAP"),
            Map.entry(251, "BLUETOOTH_LE_LL"),
            Map.entry(252, "WIRESHARK_UPPER_PDU"),
            Map.entry(253, "NETLINK"),
            Map.entry(271, "VSOCK"),
            Map.entry(274, "ETHERNET_MPACKET"),
            Map.entry(276, "LINUX_SLL2, of tcpdump -i any"));

    private LinkType() {}

    /**
     * Names a link type, as {@code tcpdump -y} and libpcap do.
     *
     * @param number the number from a file
     * @return the name with a few words of description, or the number in words where it has none here
     */
    public static String name(int number) {
        String name = NAMES.get(number);
        return name == null ? "link type " + number : name;
    }
}
