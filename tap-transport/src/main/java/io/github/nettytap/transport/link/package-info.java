/**
 * What others do to the links of a network namespace: events of a link that is set up or down, renamed, moved or
 * deleted.
 *
 * <pre>{@code
 * try (LinkWatch watch = LinkWatch.start(LinkMonitor.open(), executor, event -> System.out.println(event))) {
 *     …
 * }
 * }</pre>
 *
 * <p>{@link io.github.nettytap.transport.link.LinkMonitor} has a descriptor that an event loop can wait for, and never
 * blocks in {@code poll}; {@link io.github.nettytap.transport.link.LinkWatch} runs one on a thread. A {@code
 * TapChannel} with {@code TAP_LINK_EVENTS} delivers the same events to its pipeline.
 */
package io.github.nettytap.transport.link;
