/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.configuration;

import org.yaml.snakeyaml.error.Mark;

/** What is wrong in a YAML text, and where: {@code LINE:COLUMN: KEY: …}. */
final class YamlException extends IllegalArgumentException {

    private static final long serialVersionUID = 1L;

    YamlException(Mark mark, String complaint) {
        super((mark.getLine() + 1) + ":" + (mark.getColumn() + 1) + ": " + complaint);
    }
}
