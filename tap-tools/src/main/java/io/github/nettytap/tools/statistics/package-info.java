/**
 * What ports have carried and dropped, as tables for people and JSON for programs, once or again and again.
 *
 * <p>Here: samples of counters, the differences between them, their forms, and the terminal that they are drawn on. Not
 * here: the counting, which the channels and applications do on their event loops; samples are taken from outside. No
 * buffer.
 */
package io.github.nettytap.tools.statistics;
