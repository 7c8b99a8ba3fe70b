/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.nettytap.testkit.Jvm;
import org.junit.jupiter.api.Test;

import java.io.File;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Which binding is taken, and what is said where it cannot be. */
class LibCBindingChoiceTest {

    @Test
    void theForeignFunctionApiIsTakenWhereItIs() {
        assertThat(LibCBinding.chosen(null))
                .isEqualTo(LibCBinding.isCompiled() ? LibCBinding.FFM : LibCBinding.JNR_FFI);
    }

    @Test
    void aBuildByJdk22OrNewerHasIt() {
        assertThat(LibCBinding.isCompiled()).isEqualTo(Runtime.version().feature() >= 22);
    }

    @Test
    void thePropertyForcesEither() {
        assertThat(LibCBinding.chosen("ffm")).isEqualTo(LibCBinding.FFM);
        assertThat(LibCBinding.chosen("jnr-ffi")).isEqualTo(LibCBinding.JNR_FFI);
    }

    @Test
    void anotherValueIsRefused() {
        assertThatThrownBy(() -> LibCBinding.chosen("jna"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("system property names no binding of libc: io.github.nettytap.libc=jna"
                        + " (expected: jnr-ffi or ffm)");
    }

    @Test
    void theForeignFunctionApiNeedsNoFolderForANativeLibrary() throws Exception {
        if (LibCBinding.isCompiled()) {
            assertThat(runWithoutFolder("ffm")).isEqualTo("uid " + LibC.get().geteuid());
        } else {
            assertThat(runWithoutFolder("ffm"))
                    .isEqualTo("cannot call libc: binding=ffm, cause=java.lang.ClassNotFoundException:"
                            + " io.github.nettytap.transport.linux.FfmLibrary; it takes Java 22 or newer and a"
                            + " tap-transport that was built with such a JDK; this is Java "
                            + Runtime.version().feature());
        }
    }

    @Test
    void jnrFfiSaysWhichFolderItNeeds() throws Exception {
        assertThat(runWithoutFolder("jnr-ffi"))
                .startsWith("cannot call libc: binding=jnr-ffi, cause=java.lang.UnsatisfiedLinkError: ")
                .endsWith("; jnr-ffi unpacks its native library into -Djffi.extract.dir (unset: /proc), where"
                        + " writing and executing must be allowed; Java 22 or newer needs no such folder");
    }

    /** What {@link Main} prints where no temporary file can be made. */
    private static String runWithoutFolder(String binding) throws Exception {
        Process process = new ProcessBuilder(Jvm.command(List.of(
                        "-Djava.io.tmpdir=/proc",
                        "-Dio.github.nettytap.libc=" + binding,
                        "-cp",
                        System.getProperty("java.class.path"),
                        Main.class.getName())))
                // Where jffi tries next.
                .directory(new File("/proc"))
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).isZero();
        return output.strip();
    }

    /** A process of its own, since a binding stays for the life of one. */
    static final class Main {

        private Main() {}

        public static void main(String[] arguments) {
            String result;
            try {
                result = "uid " + LibC.get().geteuid();
            } catch (UnsatisfiedLinkError e) {
                result = e.getMessage();
            }
            System.out.println(result);
        }
    }
}
