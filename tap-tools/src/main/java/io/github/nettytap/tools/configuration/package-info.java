/**
 * The YAML file of the switch: its keys are the options and settings of the command line.
 *
 * <p>Here: reading it as nodes, so that each complaint has its line and column. Not here: the meaning of a setting,
 * which is that of the same word on the command line. On the main thread; no buffer.
 */
package io.github.nettytap.tools.configuration;
