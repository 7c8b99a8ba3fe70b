/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.topology;

import java.nio.file.Path;
import java.util.Objects;

/**
 * A port of a node.
 *
 * @param attachment what it leads to
 * @param settings what it is at its node: a {@link io.github.nettytap.net.switching.policy.PortPolicy}, {@link
 *     io.github.nettytap.net.routing.PortSettings} or {@link VxlanNetwork}
 * @param faults what is wrong with the link behind it
 * @param capture the pcapng file that what passes it is written to, or null; several ports may name one file
 * @param <S> the settings of the node's ports
 */
public record PortSpec<S>(Attachment attachment, S settings, LinkFaults faults, Path capture) {

    /**
     * Checks that nothing is missing.
     *
     * @param attachment what it leads to
     * @param settings what it is at its node
     * @param faults what is wrong with the link behind it
     * @param capture the file that what passes it is written to, or null
     */
    public PortSpec {
        Objects.requireNonNull(attachment, "attachment");
        Objects.requireNonNull(settings, "settings");
        Objects.requireNonNull(faults, "faults");
    }

    /**
     * A port without faults that is not captured.
     *
     * @param attachment what it leads to
     * @param settings what it is at its node
     * @param <S> the settings of the node's ports
     * @return the port
     */
    public static <S> PortSpec<S> of(Attachment attachment, S settings) {
        return new PortSpec<>(attachment, settings, LinkFaults.NONE, null);
    }

    /**
     * The same port with faults.
     *
     * @param link what is wrong with the link behind it
     * @return a new description
     */
    public PortSpec<S> withFaults(LinkFaults link) {
        return new PortSpec<>(attachment, settings, link, capture);
    }

    /**
     * The same port with a capture.
     *
     * @param file a pcapng file, or null for none
     * @return a new description
     */
    public PortSpec<S> withCapture(Path file) {
        return new PortSpec<>(attachment, settings, faults, file);
    }

    /**
     * What the port is called at its node.
     *
     * @return the name of its attachment
     */
    public String name() {
        return attachment.name();
    }
}
