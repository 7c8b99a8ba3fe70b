/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.type;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.github.nettytap.transport.linux.Errno;
import io.github.nettytap.transport.netlink.Link;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Holds the arrows of ARCHITECTURE.md inside the transport module: channel to link to device to netlink to linux, with
 * diagnostics above device.
 */
class TransportArchitectureTest {

    private static final String ROOT = "io.github.nettytap.transport";
    private static final String LINUX = ROOT + ".linux..";
    private static final String NETLINK = ROOT + ".netlink..";
    private static final String DEVICE = ROOT + ".device..";
    private static final String TAKEOVER = ROOT + ".takeover..";
    private static final String PACKET = ROOT + ".packet..";
    private static final String LINK = ROOT + ".link..";
    private static final String DIAGNOSTICS = ROOT + ".diagnostics..";
    private static final String CHANNEL = ROOT + ".channel..";

    private static JavaClasses classes;

    @BeforeAll
    static void readClasses() {
        classes = new ClassFileImporter()
                .withImportOption(new ImportOption.DoNotIncludeTests())
                .importPackages(ROOT);
    }

    @Test
    void theClassesOfTheModuleAreSeen() {
        assertThat(classes.contain(ROOT + ".linux.LibC")).isTrue();
    }

    @Test
    void nativeCodeHasOneAddress() {
        noClasses()
                .that()
                .resideOutsideOfPackage(LINUX)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("com.kenai.jffi..", "jnr..")
                .allowEmptyShould(true)
                .check(classes);
    }

    @Test
    void linuxUsesNoneOfTheOthersAndNoNetty() {
        mayNotUse(
                LINUX,
                TAKEOVER,
                PACKET,
                NETLINK,
                DEVICE,
                LINK,
                DIAGNOSTICS,
                CHANNEL,
                "io.netty..",
                "io.github.nettytap.codec..");
    }

    @Test
    void netlinkUsesLinuxOnly() {
        mayNotUse(NETLINK, DEVICE, LINK, DIAGNOSTICS, CHANNEL, "io.netty.channel..");
    }

    @Test
    void deviceKnowsNoneOfThoseAboveIt() {
        mayNotUse(DEVICE, LINK, DIAGNOSTICS, CHANNEL, "io.netty.channel..");
    }

    @Test
    void packetKnowsNeitherTheSocketNorTheChannelBetweenWhichItIs() {
        mayNotUse(PACKET, NETLINK, DEVICE, LINK, DIAGNOSTICS, CHANNEL, "io.netty.channel..");
    }

    @Test
    void linkAndDiagnosticsKnowNeitherEachOtherNorAChannel() {
        mayNotUse(LINK, DIAGNOSTICS, CHANNEL, "io.netty.channel..");
        mayNotUse(DIAGNOSTICS, LINK, CHANNEL);
    }

    @Test
    void channelMakesNoSystemCallOfItsOwn() {
        // The description of a link and the numbers of errno are values; what makes them belongs to others.
        noClasses()
                .that()
                .resideInAPackage(CHANNEL)
                .should()
                .dependOnClassesThat(resideInAnyPackage(LINUX, NETLINK, DIAGNOSTICS)
                        .and(not(type(Link.class)))
                        .and(not(type(Errno.class))))
                .check(classes);
    }

    @Test
    void transportKnowsNoApplication() {
        mayNotUse(ROOT + "..", "io.github.nettytap.examples..", "io.github.nettytap.benchmarks..");
    }

    private static void mayNotUse(String subject, String... forbidden) {
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
