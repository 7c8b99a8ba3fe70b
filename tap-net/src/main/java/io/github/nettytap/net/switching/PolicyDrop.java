/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.switching;

/** Why a policy lets a frame go no further. */
public enum PolicyDrop {
    /** Its tag, or its having none, is not what the port takes. */
    VLAN,
    /** Its source is none of those that the port may send from. */
    SOURCE,
    /** Its source is a group or zero, which no frame may come from. */
    INVALID_SOURCE,
    /** Its source is a static or sticky address of another port. */
    HELD,
    /** Its source would be one address more than may be behind the port. */
    LIMIT,
    /** It would have been flooded, and the flooded frames of this second are used up. */
    STORM,
    /** It came in through an isolated port and its destination is behind another. */
    ISOLATED
}
