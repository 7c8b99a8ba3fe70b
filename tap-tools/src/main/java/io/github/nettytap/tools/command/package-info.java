/**
 * The command line: one program, a subcommand for each application.
 *
 * <p>A class for each command, with its options, its help, and the few lines that put the application together.
 * What commands share is below, each package using only those above it in this list:
 *
 * <ul>
 *   <li>{@code lifecycle}: how a command ends, by a signal or an error
 *   <li>{@code argument}: words of the command line as values
 *   <li>{@code statistics}: counters as tables and JSON
 *   <li>{@code option}: options that several commands have
 *   <li>{@code configuration}: the YAML file of the switch
 *   <li>{@code control}: the switch that is asked and changed while it runs
 * </ul>
 *
 * <p>Standard output is data, standard error is talk. Everything runs on the main thread,
 * which owns no buffer.
 */
package io.github.nettytap.tools.command;
