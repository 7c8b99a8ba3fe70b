/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.ctl;

import io.github.nettytap.codec.wire.VnetHeader;
import io.github.nettytap.net.port.socket.SocketPort;
import io.github.nettytap.net.switching.SwitchPort;
import io.github.nettytap.net.switching.TapSwitch;
import io.github.nettytap.net.topology.ChannelAttachment;
import io.github.nettytap.tools.argument.LinkPort;
import io.github.nettytap.tools.argument.Offloads;
import io.github.nettytap.tools.argument.PortArgument;
import io.github.nettytap.tools.lifecycle.Program;
import io.github.nettytap.tools.option.PortCapture;
import io.github.nettytap.tools.option.Verbosity;
import io.github.nettytap.transport.channel.TapChannel;
import io.github.nettytap.transport.device.TapDevice;
import io.github.nettytap.transport.device.TapException;

import java.io.IOException;
import java.util.List;

/**
 * Opens TAPs and sockets and makes them ports: those of the start, and those that the control socket asks for later.
 */
public final class PortOpener {

    private final TapSwitch lan;
    private final Offloads offloads;
    private final Integer mtu;
    private final PortCapture capture;
    private final Verbosity verbosity;
    private final Program program;
    private final boolean header;

    /**
     * For one switch.
     *
     * @param lan the switch
     * @param ports the ports of its start
     * @param offloads of ports that have no setting of their own
     * @param mtu of all ports, or null for what they have
     * @param capture sees what passes the ports
     * @param verbosity reports each device
     * @param program watches the ports
     */
    public PortOpener(
            TapSwitch lan,
            List<PortArgument> ports,
            Offloads offloads,
            Integer mtu,
            PortCapture capture,
            Verbosity verbosity,
            Program program) {
        this.lan = lan;
        this.offloads = offloads;
        this.mtu = mtu;
        this.capture = capture;
        this.verbosity = verbosity;
        this.program = program;
        // With one offloading port all have the header, so that frames need no rewriting on their way.
        header = ports.isEmpty()
                ? offloads != Offloads.NONE
                : ports.stream()
                        .anyMatch(port ->
                                LinkPort.isOne(port.tap()) || port.socket() == null && offloads(port) != Offloads.NONE);
    }

    private Offloads offloads(PortArgument port) {
        return port.offloads() == null ? offloads : port.offloads();
    }

    /** Opens a socket whose peers are ports. */
    public SocketPort addSocket(PortArgument port) throws IOException {
        if (offloads(port) != Offloads.NONE && port.offloads() != null) {
            throw new IllegalArgumentException("a socket has no offloads: port=" + port.tap()
                    + ", offloads=all (expected: no such setting; frames are segmented and complete on a socket)");
        }
        program.portsMayCome();
        SocketPort socket = lan.add(port.socket(), header ? VnetHeader.V1 : VnetHeader.NONE, port.policy());
        verbosity.step("socket " + socket.address() + (port.socket().kind().isListener() ? " listens" : " opened"));
        return socket;
    }

    /** A peer of a socket has become a port. */
    public void peerConnected(SwitchPort port) {
        capture.tap(List.of(port));
        verbosity.step("peer " + port.name() + " connected");
    }

    /** Makes a TAP or a link of the kernel a port. The link stays as it is. */
    public SwitchPort add(PortArgument port) throws IOException, InterruptedException {
        Offloads wanted = offloads(port);
        if ((wanted != Offloads.NONE || LinkPort.isOne(port.tap())) && !header) {
            throw new IllegalArgumentException("a port with offloads in a switch that started with none: port="
                    + port.tap() + " (expected: offloads=none, as the ports of the start have)");
        }
        ChannelAttachment.Opened opened =
                LinkPort.attachment(port.tap(), wanted, mtu).open(header ? VnetHeader.V1 : VnetHeader.NONE);
        verbosity.opened((TapChannel) opened.channel());
        SwitchPort added =
                lan.add(opened.channel(), header ? VnetHeader.V1 : VnetHeader.NONE, opened.offloads(), port.policy());
        program.watch(added.channel(), added.name());
        capture.tap(List.of(added));
        return added;
    }

    /**
     * Brings the link of a port up. For the ports of the start, when all of them are there: each kernel greets its new
     * link with some multicast frames, which are flooded, so that a thousand ports that came up one by one would wait
     * ever longer for loops that are busy with the greetings.
     */
    public static void setUp(SwitchPort port) throws TapException {
        TapDevice device = ((TapChannel) port.channel()).device();
        if (device != null && !device.link().isUp()) {
            device.up();
        }
    }
}
