/** What the benchmarks share. */
package io.github.nettytap.benchmarks;
