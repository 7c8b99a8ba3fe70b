/**
 * Events of Java Flight Recorder: batch sizes and drops from the counters that exist anyway, link events and slow turns
 * of an event loop as they happen.
 *
 * <pre>{@code
 * try (TapFlightRecorder recorder = TapFlightRecorder.install()) {
 *     recorder.add(group);      // loops
 *     recorder.add(channel);    // until it closes
 *     recorder.add(switchPort); // its channel and its drops
 *     ...
 * }
 * }</pre>
 *
 * <p>It is a module of its own, and nothing of it is loaded before {@link io.github.nettytap.jfr.TapFlightRecorder} is
 * used, since the first class of an event costs a JVM 150 to 290 ms and 9 MB. The path of a frame has nothing of it
 * either way: periodic events read counters on a thread of Flight Recorder, a turn of a loop is timed, not a frame, and
 * the handler that sees link events passes frames by.
 *
 * <p>Any thread may call what is here.
 */
package io.github.nettytap.jfr;
