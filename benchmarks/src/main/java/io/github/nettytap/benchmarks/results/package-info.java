/**
 * What {@code benchmarks/compare} has measured, as numbers and as a JSON file, and what tells two such results apart.
 *
 * <p>Here: metrics, samples, the file format, the arithmetic of noise. Not here: measuring, and pictures. Values and
 * functions of values, for any thread.
 */
package io.github.nettytap.benchmarks.results;
