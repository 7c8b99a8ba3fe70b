/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.switching.policy;

import java.util.BitSet;
import java.util.Collection;
import java.util.List;

/**
 * The VLANs of a port: one for frames without a tag, and those that come and go with one. Immutable.
 *
 * <pre>
 *                      frames without a tag        frames with a tag
 *  transparent         pass untouched              pass untouched, among transparent ports only
 *  access(10)          are in VLAN 10              are dropped
 *  trunk(20, 30)       are dropped                 are in VLAN 20 or 30, else dropped
 *  … withNative(1)     are in VLAN 1               are in VLAN 1, 20 or 30, else dropped; VLAN 1 leaves without
 * </pre>
 *
 * <p>A frame with the VLAN identifier 0 has only a priority (IEEE Std 802.1Q-2018, table 9-2): it counts as one
 * without.
 */
public final class PortVlans {

    /** The port knows nothing of VLANs: it talks to ports of its kind, and to no other. */
    public static final PortVlans TRANSPARENT = new PortVlans(0, new BitSet(), false);

    /** The largest VLAN; 4095 is reserved. */
    public static final int MAX_VLAN = 4094;

    private final int untagged;
    private final BitSet tagged;
    private final boolean trunk;

    private PortVlans(int untagged, BitSet tagged, boolean trunk) {
        this.untagged = untagged;
        this.tagged = tagged;
        this.trunk = trunk;
    }

    /**
     * A port for hosts that know nothing of VLANs.
     *
     * @param vlan the VLAN that they are in, 1 to 4094
     * @return its VLANs
     */
    public static PortVlans access(int vlan) {
        return new PortVlans(checked(vlan), new BitSet(), false);
    }

    /**
     * A port for several VLANs, told apart by tags.
     *
     * @param vlans the VLANs that may pass, each 1 to 4094, at least one
     * @return its VLANs
     */
    public static PortVlans trunk(Collection<Integer> vlans) {
        if (vlans.isEmpty()) {
            throw new IllegalArgumentException("trunk without VLANs (expected: at least one of 1 to 4094)");
        }
        BitSet set = new BitSet();
        vlans.forEach(vlan -> set.set(checked(vlan)));
        return new PortVlans(0, set, true);
    }

    /**
     * A trunk that also takes frames without a tag, into one VLAN, whose frames then leave without one.
     *
     * @param vlan the native VLAN, 1 to 4094
     * @return its VLANs
     */
    public PortVlans withNative(int vlan) {
        if (!trunk) {
            throw new IllegalArgumentException(
                    "native VLAN of a port that is no trunk: native=" + vlan + " (expected: together with a trunk)");
        }
        BitSet others = (BitSet) tagged.clone();
        others.clear(checked(vlan));
        return new PortVlans(vlan, others, true);
    }

    private static int checked(int vlan) {
        if (vlan < 1 || vlan > MAX_VLAN) {
            throw new IllegalArgumentException("no such VLAN: vlan=" + vlan + " (expected: 1 to 4094)");
        }
        return vlan;
    }

    /** {@return whether the port knows nothing of VLANs} */
    public boolean isTransparent() {
        return untagged == 0 && !trunk;
    }

    /** {@return whether frames with a tag may come and go} */
    public boolean isTrunk() {
        return trunk;
    }

    /** {@return the VLAN of frames without a tag, or 0: none if this is a trunk, all alike if it is transparent} */
    public int untagged() {
        return untagged;
    }

    /**
     * Whether frames of a VLAN pass, with a tag or without.
     *
     * @param vlan the VLAN
     * @return true if they do
     */
    public boolean carries(int vlan) {
        return vlan == untagged ? vlan != 0 : tagged.get(vlan);
    }

    /** {@return the VLANs that pass with a tag, ascending; the native VLAN is none of them} */
    public List<Integer> tagged() {
        return tagged.stream().boxed().toList();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof PortVlans that
                && untagged == that.untagged
                && trunk == that.trunk
                && tagged.equals(that.tagged);
    }

    @Override
    public int hashCode() {
        return 31 * tagged.hashCode() + untagged;
    }

    /**
     * {@return the VLANs as on the command line: {@code vlan=10}, {@code trunk=20-30+40,native=1}, or {@code
     * transparent}}
     */
    @Override
    public String toString() {
        if (!trunk) {
            return untagged == 0 ? "transparent" : "vlan=" + untagged;
        }
        StringBuilder text = new StringBuilder("trunk=");
        BitSet all = (BitSet) tagged.clone();
        all.set(untagged, untagged > 0);
        for (int first = all.nextSetBit(0); first >= 0; first = all.nextSetBit(first + 1)) {
            int last = all.nextClearBit(first) - 1;
            text.append(text.length() > "trunk=".length() ? "+" : "").append(first);
            text.append(last > first ? "-" + last : "");
            first = last;
        }
        return text.append(untagged == 0 ? "" : ",native=" + untagged).toString();
    }
}
