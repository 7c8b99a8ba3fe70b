/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.argument;

import io.github.nettytap.transport.channel.TapIoType;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

import java.util.Iterator;
import java.util.List;

/** What drives event loops; {@code auto} is whatever is best on this kernel. */
public final class IoConverter implements ITypeConverter<TapIoType> {
    @Override
    public TapIoType convert(String text) {
        return switch (text) {
            case "auto" -> TapIoType.best();
            case "epoll" -> TapIoType.EPOLL;
            case "io_uring" -> TapIoType.IO_URING;
            default ->
                throw new TypeConversionException(
                        "no such event loop: io=" + text + " (expected: epoll, io_uring or auto)");
        };
    }

    /** For the completion of shells. */
    public static final class Names implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return List.of("epoll", "io_uring", "auto").iterator();
        }
    }
}
