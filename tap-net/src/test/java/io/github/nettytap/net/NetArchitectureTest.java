/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.util.Arrays;
import java.util.stream.Stream;

/** Holds the arrows between the packages of this module, and that it is a library. */
class NetArchitectureTest {

    private static final String ROOT = "io.github.nettytap.net";

    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages(ROOT);

    @ParameterizedTest
    @CsvSource({
        "table, switching routing vxlan echo port",
        "port, switching routing vxlan echo",
        "switching, routing vxlan echo",
        "routing, switching vxlan echo",
        "vxlan, switching routing echo",
        "switching.fdb, switching switching.policy switching.multicast",
        "switching.policy, switching switching.fdb switching.multicast",
        "switching.multicast, switching switching.fdb switching.policy"
    })
    void arrowsPointOneWay(String from, String forbidden) {
        String[] packages = Arrays.stream(forbidden.split(" "))
                // The switch itself is put together of the packages below it, and so stands without the dots.
                .flatMap(name -> Stream.of(from.startsWith(name + ".") ? ROOT + "." + name : ROOT + "." + name + ".."))
                .toArray(String[]::new);
        noClasses()
                .that()
                .resideInAPackage(from.contains(".") ? ROOT + "." + from : ROOT + "." + from + "..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(packages)
                .allowEmptyShould(true)
                .check(CLASSES);
    }

    @Test
    void packagesAreFreeOfCycles() {
        slices().matching(ROOT + ".(**)").should().beFreeOfCycles().check(CLASSES);
    }

    @Test
    void nothingKnowsACommandLineOrPrints() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("picocli..", "org.yaml..", "org.snakeyaml..", "io.github.nettytap.tools..")
                .orShould()
                .accessField(System.class, "out")
                .orShould()
                .accessField(System.class, "err")
                .orShould()
                .callMethod(Throwable.class, "printStackTrace")
                .check(CLASSES);
    }
}
