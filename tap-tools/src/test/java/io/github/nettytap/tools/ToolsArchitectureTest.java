/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools;

import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

class ToolsArchitectureTest {

    private static final String TOOLS = "io.github.nettytap.tools";

    private final JavaClasses tools = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages(TOOLS);

    @Test
    void whatCommandsShareDoesNotKnowThemAndHasALevelOfItsOwn() {
        layeredArchitecture()
                .consideringOnlyDependenciesInAnyPackage(TOOLS + "..")
                .layer("commands")
                .definedBy(TOOLS + ".command")
                .layer("control")
                .definedBy(TOOLS + ".ctl", TOOLS + ".control")
                .layer("configuration")
                .definedBy(TOOLS + ".configuration")
                .layer("option")
                .definedBy(TOOLS + ".option")
                .layer("http")
                .definedBy(TOOLS + ".http")
                .layer("statistics")
                .definedBy(TOOLS + ".statistics")
                .layer("capture")
                .definedBy(TOOLS + ".capture")
                .layer("argument")
                .definedBy(TOOLS + ".argument")
                .layer("lifecycle")
                .definedBy(TOOLS + ".lifecycle")
                .layer("json")
                .definedBy(TOOLS + ".json")
                .whereLayer("json")
                .mayNotAccessAnyLayer()
                .whereLayer("commands")
                .mayNotBeAccessedByAnyLayer()
                .whereLayer("control")
                .mayOnlyBeAccessedByLayers("commands")
                .whereLayer("configuration")
                .mayOnlyBeAccessedByLayers("commands")
                .whereLayer("option")
                .mayOnlyBeAccessedByLayers("commands", "control")
                .whereLayer("http")
                .mayOnlyBeAccessedByLayers("commands", "option")
                .whereLayer("statistics")
                .mayOnlyBeAccessedByLayers("commands", "control", "option", "http")
                .whereLayer("capture")
                .mayOnlyBeAccessedByLayers("commands", "option")
                .whereLayer("argument")
                .mayOnlyBeAccessedByLayers("commands", "control", "configuration", "option")
                .whereLayer("lifecycle")
                .mayOnlyBeAccessedByLayers("commands", "control", "option", "statistics", "capture")
                .check(tools);
    }
}
