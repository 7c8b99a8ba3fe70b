/**
 * What a switch and its ports are to do: immutable values, checked when they are made, onto which command lines and
 * files are mapped.
 *
 * <p>All messages of errors are written for the person who typed the setting.
 */
package io.github.nettytap.net.switching.policy;
