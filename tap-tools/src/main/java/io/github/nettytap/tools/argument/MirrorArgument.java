/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.argument;

import io.github.nettytap.net.switching.policy.Mirroring;
import picocli.CommandLine.ITypeConverter;

import java.util.List;

/**
 * A mirror on the command line: the port that gets copies, and the ports whose traffic is copied.
 *
 * @param monitor the port that gets the copies
 * @param mirrored the ports that are copied; all others if there are none
 */
public record MirrorArgument(String monitor, List<String> mirrored) {

    /** The part that each port has. */
    public List<PortArgument> applyTo(List<PortArgument> ports) {
        checkPresent(monitor, ports);
        mirrored.forEach(name -> checkPresent(name, ports));
        if (mirrored.contains(monitor)) {
            throw new IllegalArgumentException(
                    "a port cannot be its own mirror: mirror=" + monitor + " (expected: other ports behind =)");
        }
        return ports.stream().map(this::applyTo).toList();
    }

    /** The part of a port that comes later. */
    public PortArgument applyTo(PortArgument port) {
        return port.withPolicy(
                port.policy().toBuilder().mirroring(roleOf(port.tap())).build());
    }

    private Mirroring roleOf(String tap) {
        if (tap.equals(monitor)) {
            return Mirroring.MONITOR;
        }
        return mirrored.isEmpty() || mirrored.contains(tap) ? Mirroring.MIRRORED : Mirroring.NONE;
    }

    private static void checkPresent(String name, List<PortArgument> ports) {
        List<String> names = ports.stream().map(PortArgument::tap).toList();
        if (!names.contains(name)) {
            throw new IllegalArgumentException(
                    "no such port to mirror: port=" + name + " (expected: one of " + String.join(", ", names) + ")");
        }
    }

    /** Reads {@code PORT[=PORT+PORT…]}. */
    public static final class Converter implements ITypeConverter<MirrorArgument> {
        @Override
        public MirrorArgument convert(String text) {
            int equals = text.indexOf('=');
            return equals < 0
                    ? new MirrorArgument(text, List.of())
                    : new MirrorArgument(
                            text.substring(0, equals),
                            List.of(text.substring(equals + 1).split("\\+", -1)));
        }
    }
}
