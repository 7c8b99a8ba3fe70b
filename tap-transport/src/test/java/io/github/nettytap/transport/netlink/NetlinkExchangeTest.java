/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.netlink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.Consumer;

class NetlinkExchangeTest {

    private static final int MULTI = 2;
    private static final int DUMP_INTERRUPTED = 0x10;
    private static final int CAPPED = 0x100;
    private static final int ACK_ATTRIBUTES = 0x200;
    private static final int ERROR = 2;
    private static final int DONE = 3;
    private static final int OVERRUN = 4;
    private static final int OBJECT = 99;
    private static final int EINVAL = 22;

    private final ScriptedKernel kernel = new ScriptedKernel();

    private static Consumer<ByteBuffer> number(int value) {
        return body -> body.putInt(value);
    }

    private static MessageWriter request() {
        return new MessageWriter(OBJECT, 0).u32(0);
    }

    private List<Integer> dump() throws NetlinkException {
        try (NetlinkExchange exchange = new NetlinkExchange(kernel.libc())) {
            return exchange.dump("list things", request(), message -> message.getInt(MessageWriter.HEADER_SIZE));
        }
    }

    private void acknowledge() throws NetlinkException {
        try (NetlinkExchange exchange = new NetlinkExchange(kernel.libc())) {
            exchange.acknowledge("change thing", request());
        }
    }

    @Test
    void acknowledgementOfAnotherRequestOrSocketIsPassedOver() throws Exception {
        kernel.answer(ERROR, 0, 0, ScriptedKernel.PORT_ID, number(-EINVAL))
                .answer(ERROR, 0, 1, 1, number(-EINVAL))
                .answer(ERROR, 0, 1, ScriptedKernel.PORT_ID, number(0));
        acknowledge();
        assertThat(kernel.requests()).isEqualTo(1);
    }

    @Test
    void dumpIsCollectedOverDatagrams() throws Exception {
        kernel.answer(OBJECT, MULTI, 1, ScriptedKernel.PORT_ID, number(7))
                .answer(OBJECT, MULTI, 1, ScriptedKernel.PORT_ID, number(8))
                .answer(DONE, MULTI, 1, ScriptedKernel.PORT_ID, number(0));
        assertThat(dump()).containsExactly(7, 8);
    }

    @Test
    void dumpThatChangedMeanwhileIsAskedForAgain() throws Exception {
        kernel.answer(OBJECT, MULTI | DUMP_INTERRUPTED, 1, ScriptedKernel.PORT_ID, number(7))
                .answer(DONE, MULTI, 1, ScriptedKernel.PORT_ID, number(0))
                .answer(OBJECT, MULTI, 2, ScriptedKernel.PORT_ID, number(8))
                .answer(DONE, MULTI, 2, ScriptedKernel.PORT_ID, number(0));
        assertThat(dump()).containsExactly(8);
        assertThat(kernel.requests()).isEqualTo(2);
    }

    /** A part of a list, or two moments in one list, is no list. */
    @Test
    void dumpThatNeverStandsStillIsAnError() {
        for (int attempt = 1; attempt <= 8; attempt++) {
            kernel.answer(OBJECT, MULTI | DUMP_INTERRUPTED, attempt, ScriptedKernel.PORT_ID, number(attempt))
                    .answer(DONE, MULTI, attempt, ScriptedKernel.PORT_ID, number(0));
        }
        assertThatThrownBy(this::dump)
                .hasMessage(
                        "list things: errno=EINTR: the list changed during each of 8 attempts to read it. Try again");
        assertThat(kernel.requests()).isEqualTo(8);
    }

    @Test
    void dumpThatFailsAtItsEndIsAnError() {
        kernel.answer(OBJECT, MULTI, 1, ScriptedKernel.PORT_ID, number(7))
                .answer(DONE, MULTI, 1, ScriptedKernel.PORT_ID, number(-EINVAL));
        assertThatThrownBy(this::dump).hasMessage("list things: errno=EINVAL");
    }

    @Test
    void messageLargerThanTheBufferIsReadWhole() throws Exception {
        kernel.answer(OBJECT, MULTI, 1, ScriptedKernel.PORT_ID, body -> body.putInt(7)
                        .put(new byte[70_000]))
                .answer(DONE, MULTI, 1, ScriptedKernel.PORT_ID, number(0));
        assertThat(dump()).containsExactly(7);
    }

    @Test
    void explanationAfterAQuotedRequestIsFound() {
        kernel.answer(ERROR, ACK_ATTRIBUTES, 1, ScriptedKernel.PORT_ID, body -> {
            body.putInt(-EINVAL);
            body.putInt(20)
                    .putShort((short) OBJECT)
                    .putShort((short) 0)
                    .putInt(1)
                    .putInt(0);
            body.putInt(0); // the quoted body
            body.putShort((short) 9).putShort((short) 1).put(new byte[] {'n', 'o', 'p', 'e', 0});
        });
        assertThatThrownBy(this::acknowledge).hasMessage("change thing: errno=EINVAL, kernel says \"nope\"");
    }

    @Test
    void explanationAfterACappedQuoteIsFound() {
        kernel.answer(ERROR, ACK_ATTRIBUTES | CAPPED, 1, ScriptedKernel.PORT_ID, body -> {
            body.putInt(-EINVAL);
            body.putInt(20)
                    .putShort((short) OBJECT)
                    .putShort((short) 0)
                    .putInt(1)
                    .putInt(0);
            body.putShort((short) 9).putShort((short) 1).put(new byte[] {'n', 'o', 'p', 'e', 0});
        });
        assertThatThrownBy(this::acknowledge).hasMessage("change thing: errno=EINVAL, kernel says \"nope\"");
    }

    @Test
    void silenceIsATimeout() {
        assertThatThrownBy(this::acknowledge).hasMessage("change thing: errno=ETIMEDOUT");
    }

    @Test
    void overrunIsAnError() {
        kernel.answer(OVERRUN, 0, 1, ScriptedKernel.PORT_ID, number(0));
        assertThatThrownBy(this::dump).hasMessage("list things: errno=ENOBUFS");
    }

    @Test
    void malformedDatagramsAreSurvived() throws Exception {
        byte[] tooLong = ScriptedKernel.message(OBJECT, MULTI, 1, ScriptedKernel.PORT_ID, number(7));
        tooLong[0] = 127;
        kernel.answerRaw(new byte[3])
                .answerRaw(new byte[16])
                .answerRaw(tooLong)
                .answer(OBJECT, MULTI, 1, ScriptedKernel.PORT_ID, number(8))
                .answer(DONE, MULTI, 1, ScriptedKernel.PORT_ID, body -> {});
        assertThat(dump()).containsExactly(8);
    }
}
