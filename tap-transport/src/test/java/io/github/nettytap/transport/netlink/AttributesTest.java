/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.netlink;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;

class AttributesTest {

    @Test
    void writtenAttributesAreRead() {
        MessageWriter writer = new MessageWriter(1, 0);
        int nest = writer.beginNested(18);
        writer.attributeString(1, "bridge")
                .attribute(2, new byte[] {(byte) 200})
                .endNested(nest)
                .attributeU32(4, 9000);
        ByteBuffer message = writer.finish(5, 6, 7);
        Attributes attributes = Attributes.parse(message, MessageWriter.HEADER_SIZE);
        assertThat(attributes.u32(4, -1)).isEqualTo(9000);
        assertThat(attributes.nested(18).string(1)).isEqualTo("bridge");
        assertThat(attributes.nested(18).u8(2, -1)).isEqualTo(200);
        assertThat(NetlinkMessages.sequence(message)).isEqualTo(5);
        assertThat(NetlinkMessages.portId(message)).isEqualTo(6);
        assertThat(NetlinkMessages.flags(message)).isEqualTo(7);
    }

    @Test
    void absentAndTooShortValuesAreToldApartFromNone() {
        MessageWriter writer =
                new MessageWriter(1, 0).attribute(3, new byte[] {1}).attribute(4, new byte[0]);
        Attributes attributes = Attributes.parse(writer.finish(0, 0, 0), MessageWriter.HEADER_SIZE);
        assertThat(attributes.u32(3, -1)).isEqualTo(-1);
        assertThat(attributes.u8(4, -1)).isEqualTo(-1);
        assertThat(attributes.has(4)).isTrue();
        assertThat(attributes.has(5)).isFalse();
        assertThat(attributes.string(5)).isEmpty();
        assertThat(attributes.nested(5).has(1)).isFalse();
    }

    @Test
    void anyBytesAreSurvived() {
        Random random = new Random(1);
        for (int round = 0; round < 20_000; round++) {
            byte[] bytes = new byte[random.nextInt(80)];
            random.nextBytes(bytes);
            ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder());
            for (ByteBuffer message : NetlinkMessages.in(buffer)) {
                Attributes attributes = Attributes.parse(message, MessageWriter.HEADER_SIZE);
                for (int type = 0; type < 64; type++) {
                    assertThat(attributes.bytes(type).length).isLessThanOrEqualTo(bytes.length);
                    attributes.nested(type).string(1);
                }
            }
        }
    }
}
