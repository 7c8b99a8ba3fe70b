/** JMH benchmarks of the tables that a switch and a router look into for each frame. */
package io.github.nettytap.benchmarks.tables;
