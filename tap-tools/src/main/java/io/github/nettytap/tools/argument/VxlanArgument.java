/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.argument;

import io.github.nettytap.codec.wire.VxlanHeader;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;

/**
 * A TAP of the tunnel endpoint on the command line.
 *
 * @param tap its name
 * @param vni its network
 * @param remotes other endpoints of this network alone
 */
public record VxlanArgument(String tap, int vni, List<InetAddress> remotes) {

    private static final String VNI = "vni=";
    private static final String REMOTE = "remote=";

    /** Reads {@code NAME,vni=N[,remote=ADDRESS]…}. */
    public static final class Converter implements ITypeConverter<VxlanArgument> {
        @Override
        public VxlanArgument convert(String text) throws UnknownHostException {
            String[] parts = text.split(",", -1);
            int vni = -1;
            try {
                LinkPort.check(parts[0]);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(e.getMessage());
            }
            List<InetAddress> remotes = new ArrayList<>();
            for (int i = 1; i < parts.length; i++) {
                if (parts[i].startsWith(VNI)) {
                    vni = vni(parts[i].substring(VNI.length()));
                } else if (parts[i].startsWith(REMOTE)) {
                    remotes.add(new IpConverter().convert(parts[i].substring(REMOTE.length())));
                } else {
                    throw new TypeConversionException("no such setting of a TAP: setting=" + parts[i]
                            + " (expected: vni=NUMBER, remote=ADDRESS)");
                }
            }
            if (vni < 0) {
                throw new TypeConversionException(
                        "no network: tap=" + text + " (expected: " + parts[0] + ",vni=NUMBER)");
            }
            return new VxlanArgument(parts[0], vni, List.copyOf(remotes));
        }

        static int vni(String text) {
            try {
                int vni = Integer.parseInt(text);
                if (vni >= 0 && vni <= VxlanHeader.MAX_VNI) {
                    return vni;
                }
            } catch (NumberFormatException e) {
                throw wrong(text);
            }
            throw wrong(text);
        }

        private static TypeConversionException wrong(String text) {
            return new TypeConversionException(
                    "no such network: vni=" + text + " (expected: 0 to " + VxlanHeader.MAX_VNI + ")");
        }
    }
}
