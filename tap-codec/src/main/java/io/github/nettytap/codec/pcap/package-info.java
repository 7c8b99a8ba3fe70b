/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Capture files: a {@link io.github.nettytap.codec.pcap.CaptureReader} for pcapng and classic pcap of any writer, and a
 * {@link io.github.nettytap.codec.pcap.PcapngWriter}.
 *
 * <p>Readers and writers block where their channel does, and are for one thread each. Frames that a reader returns are
 * heap memory without a reference count. Sources: draft-ietf-opsawg-pcap, draft-ietf-opsawg-pcapng,
 * draft-ietf-opsawg-pcaplinktype.
 */
package io.github.nettytap.codec.pcap;
