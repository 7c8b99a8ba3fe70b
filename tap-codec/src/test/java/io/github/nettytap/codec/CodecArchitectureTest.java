/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.codec;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import java.util.Arrays;

/** Holds the arrows of ARCHITECTURE.md inside the codec module: everything may use wire, only offload uses virtio. */
class CodecArchitectureTest {

    private static final String ROOT = "io.github.nettytap.codec";
    private static final String[] CONCRETE = {
        ROOT + ".wire..",
        ROOT + ".virtio..",
        ROOT + ".offload..",
        ROOT + ".filter..",
        ROOT + ".pcap..",
        ROOT + ".capture..",
        ROOT + ".print..",
        ROOT + ".fault..",
        ROOT + ".tunnel.."
    };

    private static JavaClasses classes;

    @BeforeAll
    static void readClasses() {
        classes = new ClassFileImporter()
                .withImportOption(new ImportOption.DoNotIncludeTests())
                .importPackages(ROOT);
    }

    @Test
    void theClassesOfTheModuleAreSeen() {
        assertThat(classes.contain(ROOT + ".wire.MacAddress")).isTrue();
    }

    @Test
    void theCodecKnowsNoTransport() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "io.github.nettytap.transport..",
                        "io.netty.channel.unix..",
                        "io.netty.channel.epoll..",
                        "io.netty.channel.uring..",
                        "com.kenai.jffi..")
                .check(classes);
    }

    @Test
    void countersUseTheJdkOnly() {
        noClasses()
                .that()
                .resideInAPackage(ROOT + ".counter..")
                .should()
                .dependOnClassesThat()
                .resideOutsideOfPackages("java..", ROOT + ".counter..")
                .check(classes);
    }

    @Test
    void wireUsesNeitherChannelsNorOtherCodecs() {
        mayUse(ROOT + ".wire..", ROOT + ".wire..");
        noClasses()
                .that()
                .resideInAPackage(ROOT + ".wire..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.netty.channel..")
                .allowEmptyShould(true)
                .check(classes);
    }

    @Test
    void virtioUsesWire() {
        mayUse(ROOT + ".virtio..", ROOT + ".virtio..", ROOT + ".wire..");
    }

    @Test
    void offloadUsesWireAndVirtio() {
        mayUse(ROOT + ".offload..", ROOT + ".offload..", ROOT + ".wire..", ROOT + ".virtio..");
    }

    @Test
    void filterUsesWireAndVirtio() {
        mayUse(ROOT + ".filter..", ROOT + ".filter..", ROOT + ".wire..", ROOT + ".virtio..");
    }

    @Test
    void pcapUsesWire() {
        mayUse(ROOT + ".pcap..", ROOT + ".pcap..", ROOT + ".wire..");
    }

    @Test
    void captureUsesWireVirtioFilterAndPcap() {
        mayUse(
                ROOT + ".capture..",
                ROOT + ".capture..",
                ROOT + ".pcap..",
                ROOT + ".filter..",
                ROOT + ".wire..",
                ROOT + ".virtio..");
    }

    @Test
    void printUsesWire() {
        mayUse(ROOT + ".print..", ROOT + ".print..", ROOT + ".wire..");
    }

    @Test
    void faultUsesWireVirtioAndOffload() {
        mayUse(ROOT + ".fault..", ROOT + ".fault..", ROOT + ".wire..", ROOT + ".virtio..", ROOT + ".offload..");
    }

    @Test
    void tunnelUsesWire() {
        mayUse(ROOT + ".tunnel..", ROOT + ".tunnel..", ROOT + ".wire..");
    }

    private static void mayUse(String subject, String... allowed) {
        String[] forbidden = Arrays.stream(CONCRETE)
                .filter(name -> !Arrays.asList(allowed).contains(name))
                .toArray(String[]::new);
        noClasses()
                .that()
                .resideInAPackage(subject)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(forbidden)
                .allowEmptyShould(true)
                .check(classes);
    }
}
