/**
 * The command line: one program, a subcommand for each application.
 *
 * <p>Here: options, help texts, exit codes, how errors and tables are printed. Not here: the applications. Standard
 * output is data, standard error is talk. Everything runs on the main thread, which owns no buffer.
 */
package io.github.nettytap.examples.cli;
