/**
 * Result files for people: a Markdown page with charts, and the comparison of two files.
 *
 * <p>Tables, SVG, and the command lines for both. Nothing is computed that the file does not contain, except what the
 * noise makes of a difference. Runs on the main thread.
 */
package io.github.nettytap.benchmarks.report;
