/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.switching.multicast;

import io.github.nettytap.net.switching.multicast.MulticastSnooping.Speaker;

/**
 * The types of group records, which IGMPv3 and MLDv2 share. Sources are not told apart: who listens to some source of a
 * group listens to the group.
 *
 * <p>Source: RFC 3376, section 4.2.12; RFC 3810, section 5.2.12.
 */
final class RecordType {

    private static final int MODE_IS_INCLUDE = 1;
    private static final int MODE_IS_EXCLUDE = 2;
    private static final int CHANGE_TO_INCLUDE = 3;
    private static final int CHANGE_TO_EXCLUDE = 4;
    private static final int ALLOW_NEW_SOURCES = 5;

    private RecordType() {}

    static void enter(int type, int sources, GroupAddress group, Speaker speaker, GroupTable table) {
        boolean joins =
                switch (type) {
                    case MODE_IS_EXCLUDE, CHANGE_TO_EXCLUDE -> true;
                    case MODE_IS_INCLUDE, CHANGE_TO_INCLUDE, ALLOW_NEW_SOURCES -> sources > 0;
                    default -> false;
                };
        if (joins) {
            table.join(group, speaker.port(), speaker.now());
        } else if (type == CHANGE_TO_INCLUDE) {
            table.leave(group, speaker.port(), speaker.now());
        }
    }
}
