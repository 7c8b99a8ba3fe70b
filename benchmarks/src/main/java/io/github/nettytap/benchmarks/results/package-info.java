/**
 * What {@code benchmarks/compare} has measured, as numbers and as a JSON file, and what tells two such results apart.
 *
 * <p>Metrics, samples, the file format, and the arithmetic of noise. Values and functions of values, for any thread.
 */
package io.github.nettytap.benchmarks.results;
