/**
 * JMH benchmarks of the tables that a switch and a router look into for each frame.
 *
 * <p>That of the router is not public; its benchmark is beside it, in {@code io.github.nettytap.examples.routing}.
 */
package io.github.nettytap.benchmarks.tables;
