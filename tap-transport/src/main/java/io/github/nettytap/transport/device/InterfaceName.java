/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.device;

import java.nio.charset.StandardCharsets;

/** The kernel's rules for interface names ({@code dev_valid_name}), checked before the kernel is asked. */
final class InterfaceName {

    private static final int MAX_BYTES = 15;

    private InterfaceName() {}

    /** What is wrong with a name or a {@code %d} template; empty if nothing. */
    static String fault(String name) {
        int bytes = name.getBytes(StandardCharsets.UTF_8).length;
        if (bytes == 0) {
            return "a name is empty";
        }
        if (bytes > MAX_BYTES) {
            // The kernel would cut it and succeed.
            return "a name of " + bytes + " bytes is too long";
        }
        if (name.equals(".") || name.equals("..")) {
            return "a name may not be `" + name + "`";
        }
        if (name.equals("all") || name.equals("default")) {
            // Directories of /proc/sys/net/ipv4/conf that stand for no interface (sysctl_dev_name_is_allowed).
            return "the kernel keeps the name `" + name + "` for itself";
        }
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            if (c == '/' || c == ':' || Character.isWhitespace(c) || Character.isISOControl(c)) {
                return "a name may not hold the character " + describe(c);
            }
        }
        int percent = name.indexOf('%');
        if (percent >= 0 && (!name.startsWith("%d", percent) || name.indexOf('%', percent + 1) >= 0)) {
            return "a template holds `%d` once and no other `%`";
        }
        return "";
    }

    private static String describe(char c) {
        return c > ' ' && c < 0x7f ? "`" + c + "`" : String.format("U+%04X", (int) c);
    }
}
