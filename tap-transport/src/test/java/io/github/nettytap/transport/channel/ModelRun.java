/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.channel;

import io.github.nettytap.transport.device.TapException;
import io.github.nettytap.transport.netlink.NetlinkException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelPromise;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MaxMessagesRecvByteBufAllocator;

import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

/** Takes the steps of a random run on one channel, and finds out whether it kept its promises. */
final class ModelRun {

    private static final long PATIENCE_SECONDS = 30;
    private static final int MAX_LENGTH = 1_400;
    private static final int MAX_WAITING = 300;

    private final Subject subject;
    private final EventLoopGroup group;
    private final TapChannel channel;
    private final FailingAllocator allocator = new FailingAllocator();
    private final ChannelModel model = new ChannelModel();
    private final List<Integer> arrived = new ArrayList<>();
    private final Queue<ChannelFuture> unflushed = new ConcurrentLinkedQueue<>();
    private final AtomicInteger written = new AtomicInteger();
    private int sent;

    /** The last frame whose loss is allowed: a link that went down loses what it had queued. */
    private int mayBeLost;

    /** The last written frame that the kernel may have dropped after it had taken it, as the link went down. */
    private int mayNotArrive;

    private boolean gone;

    /** Whether the channel was open when everything had arrived. */
    private boolean settled;

    private volatile boolean manyWritten;

    private ModelRun(Subject subject, EventLoopGroup group) {
        this.subject = subject;
        this.group = group;
        channel = subject.channel();
    }

    /** Takes the steps and returns what went against the model, nothing if all is well. */
    static List<String> violations(List<ModelStep> steps, Subject subject, EventLoopGroup group) throws Exception {
        return of(steps, subject, group, 0).violations();
    }

    /** Takes the steps while one allocation fails, 1 being the first of the run and 0 none. */
    static ModelRun of(List<ModelStep> steps, Subject subject, EventLoopGroup group, int failingAllocation)
            throws Exception {
        ModelRun run = new ModelRun(subject, group);
        if (failingAllocation > 0) {
            run.allocator.failAfter(failingAllocation);
        }
        try {
            run.start();
            for (ModelStep step : steps) {
                run.take(step);
            }
            run.settle();
            run.end();
        } catch (TimeoutException e) {
            run.model.violations.add(e.getMessage());
        }
        return run;
    }

    /** What went against the model, nothing if all is well. */
    List<String> violations() {
        return model.violations;
    }

    int allocations() {
        return allocator.allocations();
    }

    int failedAllocations() {
        return allocator.failures();
    }

    private void start() throws InterruptedException {
        channel.config().setAllocator(allocator);
        channel.pipeline().addLast(model);
        group.register(channel).sync();
    }

    private void take(ModelStep step) throws Exception {
        int argument = step.argument;
        switch (step.kind) {
            case SEND_TO_CHANNEL:
                for (int i = argument % 40; i >= 0; i--) {
                    send();
                }
                break;
            case DRAIN_PEER:
                drain();
                break;
            case PAUSE:
                onLoop(() -> {});
                onLoop(() -> {});
                break;
            case AUTO_READ_OFF_ELSEWHERE:
                if (channel.config().isAutoRead()) {
                    model.slack.set(1);
                    channel.config().setAutoRead(false);
                    onLoop(() -> {});
                    model.slack.set(0);
                }
                break;
            case IN_NEXT_READ:
                model.inNextRead.add(action(argument));
                break;
            case IN_NEXT_COMPLETION:
                model.inNextCompletion.add(action(argument));
                break;
            case IN_NEXT_PROMISE:
                model.inNextPromise.add(action(argument));
                break;
            case READ_AND_WAIT:
                readAndWait();
                break;
            case KEEP_FRAMES:
                model.keeping = true;
                break;
            case RELEASE_FRAMES:
                model.keeping = false;
                onLoop(model::releaseKept);
                break;
            case FAIL_ALLOCATION:
                allocator.failAfter(1 + argument % 8);
                break;
            case FAIL_CALL:
                failCall(argument);
                break;
            case LIMIT_MEMORY:
                allocator.limit(argument % 5 * (long) ReceiveSlabs.SLAB_SIZE);
                break;
            case CHANGE_LOOP:
                changeLoop(argument);
                break;
            case LINK_DOWN_AND_UP:
                linkDownAndUp();
                break;
            case END_OF_DEVICE:
                endOfDevice();
                break;
            case CLOSE_BY_OWNER:
                subject.closeByOwner();
                break;
            case CHANGE_LOOP_WHILE_OWNER_CLOSES:
                Thread owner = new Thread(subject::closeByOwner);
                if (argument % 2 == 0) {
                    owner.start();
                }
                await(channel.deregister(), "deregister while the owner closes");
                if (argument % 2 != 0) {
                    owner.start();
                }
                await(group.register(channel), "register while the owner closes");
                owner.join();
                gone = true;
                break;
            default:
                if (step.onLoop) {
                    onLoop(() -> act(step.kind, argument));
                } else {
                    act(step.kind, argument);
                }
        }
    }

    /** What any thread may do, inside a handler too. */
    private void act(ModelStep.Kind kind, int argument) {
        switch (kind) {
            case WRITE:
                int number = written.incrementAndGet();
                write(number, frameOf(number, argument));
                break;
            case WRITE_MANY:
                // Once, as more would fill a socket, of which a channel that writes in batches must be told.
                for (int i = manyWritten ? 150 : 0; i < 150; i++) {
                    int next = written.incrementAndGet();
                    write(next, frameOf(next, 2));
                }
                manyWritten = true;
                break;
            case WRITE_EMPTY:
                write(ChannelModel.NO_FRAME, Unpooled.EMPTY_BUFFER);
                break;
            case WRITE_SHORT:
                write(ChannelModel.NO_FRAME, Unpooled.directBuffer(13).writeZero(13));
                break;
            case WRITE_RELEASED:
                ByteBuf released = Unpooled.directBuffer(64).writeZero(64);
                released.release();
                write(ChannelModel.NO_FRAME, released);
                break;
            case FLUSH:
                channel.flush();
                break;
            case CANCEL_WRITE:
                ChannelFuture oldest = unflushed.poll();
                if (oldest != null) {
                    oldest.cancel(false);
                }
                break;
            case READ:
                channel.read();
                break;
            case AUTO_READ_ON:
                channel.config().setAutoRead(true);
                break;
            case AUTO_READ_OFF:
                if (channel.eventLoop().inEventLoop()) {
                    channel.config().setAutoRead(false);
                }
                break;
            case LIMIT_READS:
                channel.config()
                        .<MaxMessagesRecvByteBufAllocator>getRecvByteBufAllocator()
                        .maxMessagesPerRead(1 + argument % 20);
                break;
            case LIMIT_WRITES:
                channel.config().setMaxMessagesPerWrite(1 + argument % 20);
                break;
            case AUTO_CLOSE_OFF:
                channel.config().setAutoClose(false);
                break;
            case CANCELLED_CLOSE:
                channel.close(cancelled());
                break;
            case CANCELLED_DEREGISTER:
                channel.deregister(cancelled());
                break;
            case CLOSE:
                channel.close();
                break;
            case CLOSE_FORCIBLY:
                if (channel.eventLoop().inEventLoop()) {
                    channel.unsafe().closeForcibly();
                }
                break;
            default:
                throw new AssertionError(kind);
        }
    }

    private static final ModelStep.Kind[] INSIDE = {
        ModelStep.Kind.WRITE,
        ModelStep.Kind.WRITE,
        ModelStep.Kind.FLUSH,
        ModelStep.Kind.FLUSH,
        ModelStep.Kind.READ,
        ModelStep.Kind.AUTO_READ_ON,
        ModelStep.Kind.AUTO_READ_OFF,
        ModelStep.Kind.AUTO_READ_OFF,
        ModelStep.Kind.LIMIT_READS,
        ModelStep.Kind.CLOSE,
    };

    private ChannelModel.ChannelConsumer action(int argument) {
        ModelStep.Kind kind = INSIDE[argument % INSIDE.length];
        boolean again = argument / INSIDE.length % 8 == 0;
        return context -> {
            if (kind != ModelStep.Kind.CLOSE || again) {
                act(kind, argument);
            }
        };
    }

    private ChannelPromise cancelled() {
        ChannelPromise promise = channel.newPromise();
        promise.cancel(false);
        return promise;
    }

    private static ByteBuf frameOf(int number, int argument) {
        byte[] bytes = NumberedFrames.numbered(number, NumberedFrames.MIN_NUMBERED + argument % MAX_LENGTH);
        switch (argument % 4) {
            case 0:
                return Unpooled.wrappedBuffer(bytes);
            case 1:
                return Unpooled.compositeBuffer()
                        .addComponent(true, Unpooled.directBuffer(16).writeBytes(bytes, 0, 16))
                        .addComponent(
                                true, Unpooled.directBuffer(bytes.length).writeBytes(bytes, 16, bytes.length - 16));
            default:
                return Unpooled.directBuffer(bytes.length).writeBytes(bytes);
        }
    }

    /** The order of writes is that in which the loop gets them, so a write of another thread is given to it whole. */
    private void write(int number, ByteBuf frame) {
        Runnable write = () -> {
            ChannelPromise promise = channel.newPromise();
            model.writes.add(new ChannelModel.Write(model, number, frame, promise));
            channel.write(frame, promise);
            unflushed.add(promise);
        };
        if (channel.eventLoop().inEventLoop()) {
            write.run();
        } else {
            channel.eventLoop().execute(write);
        }
    }

    private void send() {
        if (sent - model.receivedFrom(0) > MAX_WAITING) {
            return; // A TAP drops what exceeds its queue.
        }
        int length = NumberedFrames.MIN_NUMBERED + sent * 37 % MAX_LENGTH;
        if (subject.peer().trySend(NumberedFrames.numbered(sent, length))) {
            sent++;
        }
    }

    private void drain() {
        for (byte[] frame = subject.peer().tryReceive();
                frame != null;
                frame = subject.peer().tryReceive()) {
            arrived.add(NumberedFrames.numberOf(frame));
        }
    }

    private void onLoop(Runnable task) throws InterruptedException {
        channel.eventLoop().submit(task).sync();
    }

    /** While autoRead is off, one read() brings one frame if there is one. */
    private void readAndWait() throws Exception {
        if (gone || mayBeLost > 0 || allocator.failures() > 0 || !channel.isOpen()) {
            return;
        }
        allocator.neverFail();
        model.inNextRead.clear();
        model.inNextCompletion.clear();
        model.inNextPromise.clear();
        int[] before = new int[1];
        onLoop(() -> {
            channel.config().setAutoRead(false);
            before[0] = model.receivedFrom(0);
            channel.read();
        });
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (before[0] < sent && model.receivedFrom(0) == before[0] && channel.isOpen()) {
            if (System.nanoTime() > deadline) {
                throw new TimeoutException("read() brings no frame: received=" + before[0] + ", sent=" + sent);
            }
            onLoop(() -> {});
        }
    }

    private void failCall(int argument) {
        FailingCalls.Fault[] faults = FailingCalls.Fault.values();
        FailingCalls.Fault fault = faults[argument % faults.length];
        // What does not block is written in batches, of which one frame cannot wait; the end is for a few runs only.
        boolean possible = fault != FailingCalls.Fault.WRITE_WOULD_BLOCK
                || channel.endpoint().mayBlock();
        if (possible && (fault != FailingCalls.Fault.GONE || argument % 4 == 0)) {
            subject.calls().arm(fault, argument / faults.length % 4);
        }
    }

    private void changeLoop(int argument) throws Exception {
        if (!channel.isOpen()) {
            return;
        }
        onLoop(() -> {});
        ChannelFuture departure = channel.deregister();
        await(departure, "deregister");
        if (argument % 3 == 0) {
            onLoop(() -> act(ModelStep.Kind.WRITE, argument));
            onLoop(channel::flush);
        }
        if (argument % 5 == 0) {
            onLoop(channel::read);
        }
        if (argument % 7 == 0) {
            channel.close();
        }
        onLoop(() -> {});
        if (channel.isOpen()) {
            await(group.register(channel), "register");
        }
    }

    private void linkDownAndUp() throws Exception {
        if (subject instanceof TapSubject && channel.isOpen() && !gone) {
            try {
                TapSubject tap = (TapSubject) subject;
                tap.device().down();
                onLoop(() -> act(ModelStep.Kind.WRITE, 0));
                onLoop(channel::flush);
                tap.device().up();
                mayBeLost = sent;
                mayNotArrive = written.get();
            } catch (TapException e) {
                gone = true; // Closed meanwhile.
            }
        }
    }

    private void endOfDevice() throws Exception {
        if (subject instanceof TapSubject) {
            try {
                ((TapSubject) subject).delete();
            } catch (NetlinkException e) {
                return; // Closed before, and gone.
            }
        } else {
            drain();
            subject.peer().close();
        }
        gone = true;
        mayBeLost = sent;
    }

    /** Nothing stands in the way any more: whatever is still on its way must arrive. */
    private void settle() throws Exception {
        allocator.neverFail();
        subject.calls().disarm();
        model.inNextRead.clear();
        model.inNextCompletion.clear();
        model.inNextPromise.clear();
        if (!channel.isOpen()) {
            return;
        }
        onLoop(() -> {});
        if (!channel.isRegistered() && channel.isOpen()) {
            await(group.register(channel), "register at the end");
        }
        channel.config().setAutoRead(true);
        channel.flush();
        int lost = allocator.failures();
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (channel.isOpen() && (isGone() || !allReceived(lost) || !allWritten())) {
            if (System.nanoTime() > deadline) {
                model.violations.add("received " + model.receivedFrom(0) + ", from " + mayBeLost + " on "
                        + model.receivedFrom(mayBeLost) + ", of "
                        + sent + ", gone: " + gone + ", with " + lost + " failed allocations, all written: "
                        + allWritten() + ", errors: "
                        + model.errors);
                return;
            }
            drain();
            onLoop(() -> {});
        }
        settled = channel.isOpen();
    }

    private boolean isGone() {
        return gone || subject.calls().isGone();
    }

    /** Whether nothing is on its way any more: a failed allocation may have cost a frame, and was reported then. */
    private boolean allReceived(int lost) {
        int missing = sent - mayBeLost - model.receivedFrom(mayBeLost);
        return missing <= 0 || isMemoryReported() && missing <= lost;
    }

    private boolean isMemoryReported() {
        return model.errors.stream().anyMatch(OutOfMemoryError.class::isInstance);
    }

    /** Whether a channel that lived to the end has lost frames, and has not told its handlers. */
    private boolean lostSilently() {
        return settled && model.receivedFrom(mayBeLost) < sent - mayBeLost && !isMemoryReported();
    }

    private boolean allWritten() {
        return List.copyOf(model.writes).stream().allMatch(write -> write.future.isDone());
    }

    private void end() throws Exception {
        boolean registered = channel.isRegistered() && channel.isOpen();
        channel.close();
        if (!channel.closeFuture().await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            model.violations.add("closeFuture does not complete: " + channel);
            return;
        }
        if (channel.fd().isOpen()) {
            model.violations.add("closeFuture completed before the descriptor was closed");
        }
        onLoop(() -> {});
        onLoop(() -> {});
        if (registered && model.inactive.get() != 1 || model.inactive.get() > 1) {
            model.violations.add("channelInactive came " + model.inactive + " times");
        }
        model.releaseKept();
        drain();
        model.compareSent(arrived, mayNotArrive, gone && !(subject instanceof TapSubject));
        if (!isGone() && lostSilently()) {
            model.violations.add("frames were lost without a word: received " + model.receivedFrom(mayBeLost)
                    + ", from " + mayBeLost + " on, of " + sent + ", errors: " + model.errors);
        }
        if (allocator.outstandingBytes() != 0) {
            model.violations.add("bytes that did not come back: " + allocator.outstandingBytes());
        }
    }

    private static void await(ChannelFuture future, String what) throws Exception {
        if (!future.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            throw new TimeoutException(what + " does not complete");
        }
    }
}
