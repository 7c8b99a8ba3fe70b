/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.argument;

import io.github.nettytap.net.port.socket.SocketPortAddress;
import io.github.nettytap.net.switching.policy.PortPolicy;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A port on the command line: the name of a TAP or the address of a socket, with settings of its own behind commas.
 *
 * @param tap the name or the address
 * @param offloads what was set for this port, or null
 * @param policy what else it is to be
 */
public record PortArgument(String tap, Offloads offloads, PortPolicy policy) {

    /** Where the socket is that is this port, or null if it is a TAP. */
    public SocketPortAddress socket() {
        return SocketPortAddress.isOne(tap) ? SocketPortAddress.parse(tap) : null;
    }

    /** This port with another policy. */
    PortArgument withPolicy(PortPolicy other) {
        return new PortArgument(tap, offloads, other);
    }

    /** Checks that no port is there twice; a name with a number of the kernel's choice may be. */
    public static void checkDistinct(List<PortArgument> ports) {
        Set<String> names = new HashSet<>();
        for (PortArgument port : ports) {
            if (!names.add(port.tap()) && port.tap().indexOf('%') < 0) {
                throw new IllegalArgumentException("a port is there twice: port=" + port.tap() + " (expected: once)");
            }
        }
    }

    /** Reads {@code NAME[,SETTING[=VALUE]…]}. */
    public static final class Converter implements ITypeConverter<PortArgument> {
        @Override
        public PortArgument convert(String text) {
            String[] parts = text.split(",", -1);
            PortSetting.Draft settings = new PortSetting.Draft();
            try {
                checkName(parts[0]);
                LinkPort.check(parts[0]);
                if (SocketPortAddress.isOne(parts[0])) {
                    SocketPortAddress.parse(parts[0]);
                }
                for (int i = 1; i < parts.length; i++) {
                    settings.read(parts[i]);
                }
                return new PortArgument(parts[0], settings.offloads(), settings.policy());
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(e.getMessage());
            }
        }
    }

    /**
     * A setting that stands alone, since a blank or a YAML list has parted it from its port, would become an interface.
     */
    private static void checkName(String name) {
        boolean flag = Arrays.stream(PortSetting.values())
                .anyMatch(setting -> setting.isFlag() && setting.key().equals(name));
        if (name.indexOf('=') >= 0 || flag) {
            throw new IllegalArgumentException("a setting where a port should be: port=" + name
                    + " (expected: NAME[,SETTING…] without blanks, and in quotes within a YAML list)");
        }
    }
}
