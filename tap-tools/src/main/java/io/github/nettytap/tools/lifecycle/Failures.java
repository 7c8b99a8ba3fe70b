/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.lifecycle;

import io.github.nettytap.transport.device.TapException;
import picocli.CommandLine;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;

/** Prints what went wrong as one paragraph on standard error and picks the exit code. */
public final class Failures implements IExecutionExceptionHandler {

    /** As sysexits.h has it: EX_NOPERM. */
    public static final int NO_PERMISSION = 77;

    @Override
    public int handleExecutionException(Exception exception, CommandLine command, ParseResult parsed) {
        Throwable failure = unwrap(exception);
        PrintWriter err = command.getErr();
        if (isBug(failure)) {
            err.println(name(command) + ": this should not happen, please report it:");
            failure.printStackTrace(err);
            return ExitCode.SOFTWARE;
        }
        err.println(name(command) + ": " + Message.of(oneParagraph(failure)));
        if (failure instanceof CommandException) {
            return ((CommandException) failure).exitCode();
        }
        return isPermission(failure) ? NO_PERMISSION : ExitCode.SOFTWARE;
    }

    /** Wrong usage: the reason, and where help is; not the whole help, which would push the reason off the screen. */
    public static int usage(ParameterException exception, String[] arguments) {
        CommandLine command = exception.getCommandLine();
        PrintWriter err = command.getErr();
        err.println(name(command) + ": " + Message.of(exception.getMessage().replaceFirst("^Error: ", "")));
        CommandLine.UnmatchedArgumentException.printSuggestions(exception, err);
        err.println("try: netty-tap " + subcommand(command) + "--help");
        return ExitCode.USAGE;
    }

    /** Whether somebody with more rights could have done it. */
    public static boolean isPermission(Throwable failure) {
        if (failure instanceof TapException) {
            String errno = ((TapException) failure).errnoName();
            return errno.equals("EPERM") || errno.equals("EACCES");
        }
        return failure instanceof AccessDeniedException;
    }

    private static boolean isBug(Throwable failure) {
        return failure instanceof Error
                || failure instanceof RuntimeException && !(failure instanceof IllegalArgumentException);
    }

    private static Throwable unwrap(Throwable failure) {
        Throwable inner = failure;
        while ((inner instanceof ExecutionException || inner instanceof CompletionException)
                && inner.getCause() != null) {
            inner = inner.getCause();
        }
        return inner;
    }

    private static String oneParagraph(Throwable failure) {
        String message =
                failure instanceof TapException ? ((TapException) failure).commandLineMessage() : failure.getMessage();
        if (message == null) {
            return failure.toString();
        }
        if (failure instanceof FileSystemException && ((FileSystemException) failure).getReason() == null) {
            return reason((FileSystemException) failure) + ": path=" + ((FileSystemException) failure).getFile();
        }
        // The messages of java.io are often no more than a name.
        boolean bare = failure instanceof IOException && message.indexOf(' ') < 0;
        return bare ? failure.getClass().getSimpleName() + ": " + message : message;
    }

    /** The class is all that java.nio.file tells of the commonest errors. */
    private static String reason(FileSystemException failure) {
        if (failure instanceof NoSuchFileException) {
            return "no such file or directory";
        }
        if (failure instanceof AccessDeniedException) {
            return "permission denied";
        }
        return failure.getClass().getSimpleName();
    }

    private static String name(CommandLine command) {
        return command.getCommandSpec().qualifiedName(" ");
    }

    private static String subcommand(CommandLine command) {
        return command.getParent() == null ? "" : command.getCommandName() + " ";
    }
}
