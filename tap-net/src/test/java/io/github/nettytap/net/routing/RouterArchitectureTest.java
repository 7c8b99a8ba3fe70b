/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.routing;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/** Holds the arrows of the package's description: each step of the router uses only those before it. */
class RouterArchitectureTest {

    private static final String ROOT = "io.github.nettytap.net.routing";
    private static final List<String> STEPS =
            List.of("packet", "port", "table", "neighbor", "nat", "dns", "dhcp", "forwarding");

    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages(ROOT);

    @ParameterizedTest
    @CsvSource({
        "packet, ''",
        "port, packet",
        "table, packet port",
        "neighbor, packet port table",
        "nat, packet port",
        "dns, packet port",
        "dhcp, packet port dns",
        "forwarding, packet port table neighbor nat dns dhcp"
    })
    void aStepUsesOnlyThoseBeforeIt(String step, String before) {
        List<String> allowed =
                Stream.concat(Stream.of(step), Arrays.stream(before.split(" "))).toList();
        String[] forbidden = Stream.concat(
                        // The package itself, where the steps are put together.
                        Stream.of(ROOT),
                        STEPS.stream().filter(name -> !allowed.contains(name)).map(name -> ROOT + "." + name))
                .toArray(String[]::new);
        noClasses()
                .that()
                .resideInAPackage(ROOT + "." + step)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(forbidden)
                .check(CLASSES);
    }
}
