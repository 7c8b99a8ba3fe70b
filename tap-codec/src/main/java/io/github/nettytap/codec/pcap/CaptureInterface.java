/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec.pcap;

import io.github.nettytap.codec.wire.MacAddress;

import java.util.List;
import java.util.Objects;

/**
 * One interface of a capture: what an interface description block says about where frames come from.
 *
 * <p>An immutable value. Two handlers with equal interfaces, such as those of the queues of one device, write to one
 * interface of the file.
 */
public final class CaptureInterface {

    /** The link type of Ethernet frames without a frame check sequence. */
    public static final int LINK_TYPE_ETHERNET = LinkType.ETHERNET;

    private final String name;
    private final String description;
    private final MacAddress mac;
    private final int linkType;
    private final int snapLength;
    private final int fcsLength;
    private final List<String> comments;

    CaptureInterface(
            String name,
            String description,
            MacAddress mac,
            int linkType,
            int snapLength,
            int fcsLength,
            List<String> comments) {
        this.name = name;
        this.description = description;
        this.mac = mac;
        this.linkType = linkType;
        this.snapLength = snapLength;
        this.fcsLength = fcsLength;
        this.comments = List.copyOf(comments);
    }

    /**
     * Describes an Ethernet interface.
     *
     * @param name the name that the user knows it by, for example {@code tap0}
     * @return the interface, without description and MAC
     */
    public static CaptureInterface ethernet(String name) {
        return new CaptureInterface(
                Objects.requireNonNull(name, "name"), null, null, LINK_TYPE_ETHERNET, 0, 0, List.of());
    }

    /**
     * The same interface with a description.
     *
     * @param description a text for people
     * @return a new value
     */
    public CaptureInterface withDescription(String description) {
        return new CaptureInterface(name, description, mac, linkType, snapLength, fcsLength, comments);
    }

    /**
     * The same interface with a MAC address.
     *
     * @param mac the address of the interface
     * @return a new value
     */
    public CaptureInterface withMac(MacAddress mac) {
        return new CaptureInterface(name, description, mac, linkType, snapLength, fcsLength, comments);
    }

    /**
     * The same interface with a limit on what is kept of a frame.
     *
     * @param snapLength the number of bytes, 0 for no limit
     * @return a new value
     */
    public CaptureInterface withSnapLength(int snapLength) {
        return new CaptureInterface(name, description, mac, linkType, snapLength, fcsLength, comments);
    }

    /**
     * The name.
     *
     * @return the name, null where a file has none
     */
    public String name() {
        return name;
    }

    /**
     * The description.
     *
     * @return the text, null if there is none
     */
    public String description() {
        return description;
    }

    /**
     * The MAC address.
     *
     * @return the address, null if it is not known
     */
    public MacAddress mac() {
        return mac;
    }

    /**
     * The link type of the frames, from the registry of libpcap.
     *
     * @return the number, {@link #LINK_TYPE_ETHERNET} for all that netty-tap writes; {@link LinkType#name} names it
     */
    public int linkType() {
        return linkType;
    }

    /**
     * Tells whether the frames are Ethernet frames, which is all that printers, filters and channels of netty-tap know.
     *
     * @return true if the link type is {@link #LINK_TYPE_ETHERNET}
     */
    public boolean isEthernet() {
        return linkType == LINK_TYPE_ETHERNET;
    }

    /**
     * How many bytes of a frame were kept at most, as the file says.
     *
     * @return the number of bytes, 0 for no limit
     */
    public int snapLength() {
        return snapLength;
    }

    /**
     * How long the frame check sequence is that follows each frame in the file, unless a frame says otherwise.
     *
     * @return the number of bytes, 0 if there is none or the file does not say
     */
    public int fcsLength() {
        return fcsLength;
    }

    /**
     * What people said about the interface.
     *
     * @return an unmodifiable list, in the order of the file
     */
    public List<String> comments() {
        return comments;
    }

    @Override
    public boolean equals(Object other) {
        if (!(other instanceof CaptureInterface)) {
            return false;
        }
        CaptureInterface that = (CaptureInterface) other;
        return linkType == that.linkType
                && snapLength == that.snapLength
                && fcsLength == that.fcsLength
                && Objects.equals(name, that.name)
                && Objects.equals(description, that.description)
                && Objects.equals(mac, that.mac)
                && comments.equals(that.comments);
    }

    @Override
    public int hashCode() {
        return Objects.hash(name, description, mac, linkType, snapLength, fcsLength, comments);
    }

    @Override
    public String toString() {
        return "CaptureInterface(name=" + name + ", description=" + description + ", mac=" + mac + ", linkType="
                + linkType + ", snapLength=" + snapLength + ')';
    }
}
