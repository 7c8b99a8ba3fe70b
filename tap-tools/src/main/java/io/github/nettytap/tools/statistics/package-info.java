/**
 * What ports have carried and dropped, as tables for people and JSON for programs, once or again and again.
 *
 * <p>Channels and applications count on their event loops. This package takes samples of the counters from outside,
 * computes the differences, and draws them on the terminal.
 */
package io.github.nettytap.tools.statistics;
