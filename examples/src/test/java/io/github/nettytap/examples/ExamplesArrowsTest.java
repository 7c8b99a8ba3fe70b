/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.examples;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

class ExamplesArrowsTest {

    private static final String EXAMPLES = "io.github.nettytap.examples";
    private static final String CLI = EXAMPLES + ".cli";

    private final JavaClasses examples = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages(EXAMPLES);

    @Test
    void applicationsDoNotKnowTheCommandLine() {
        noClasses()
                .that()
                .resideOutsideOfPackage(CLI + "..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(CLI + "..", "picocli..", "org.yaml..")
                .check(examples);
    }

    @Test
    void whatCommandsShareDoesNotKnowThemAndHasALevelOfItsOwn() {
        layeredArchitecture()
                .consideringOnlyDependenciesInAnyPackage(CLI + "..")
                .layer("commands")
                .definedBy(CLI)
                .layer("control")
                .definedBy(CLI + ".control")
                .layer("configuration")
                .definedBy(CLI + ".configuration")
                .layer("option")
                .definedBy(CLI + ".option")
                .layer("statistics")
                .definedBy(CLI + ".statistics")
                .layer("argument")
                .definedBy(CLI + ".argument")
                .layer("lifecycle")
                .definedBy(CLI + ".lifecycle")
                .whereLayer("commands")
                .mayNotBeAccessedByAnyLayer()
                .whereLayer("control")
                .mayOnlyBeAccessedByLayers("commands")
                .whereLayer("configuration")
                .mayOnlyBeAccessedByLayers("commands")
                .whereLayer("option")
                .mayOnlyBeAccessedByLayers("commands", "control")
                .whereLayer("statistics")
                .mayOnlyBeAccessedByLayers("commands", "control", "option")
                .whereLayer("argument")
                .mayOnlyBeAccessedByLayers("commands", "control", "configuration", "option")
                .whereLayer("lifecycle")
                .mayOnlyBeAccessedByLayers("commands", "option", "statistics")
                .check(examples);
    }
}
