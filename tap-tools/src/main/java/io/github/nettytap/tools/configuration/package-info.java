/**
 * The YAML file of the switch: its keys are the options and settings of the command line.
 *
 * <p>Files are read as nodes, so that each complaint has its line and column. A setting means what the same word means
 * on the command line. Runs on the main thread.
 */
package io.github.nettytap.tools.configuration;
