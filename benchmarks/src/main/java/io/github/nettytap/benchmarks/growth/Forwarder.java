/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.benchmarks.growth;

import io.github.nettytap.codec.fault.FaultHandler;
import io.github.nettytap.transport.channel.TapChannel;
import io.github.nettytap.transport.channel.TapEventLoopGroup;
import io.github.nettytap.transport.channel.TapIoType;
import io.github.nettytap.transport.device.TapDevice;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoop;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;

/**
 * Hands frames from each of two TAPs to the other, by as many queues and event loops as asked for, and loses some of
 * them. The switch has one queue a port; this is for the questions that it does not ask.
 */
@Command(name = "forwarder", description = "Joins two TAPs, queue by queue.", mixinStandardHelpOptions = true)
final class Forwarder implements Callable<Integer> {

    private static final long SEED = 1;

    @Parameters(arity = "2", paramLabel = "TAP", description = "The TAPs, which it makes.")
    private List<String> names;

    @Option(names = "--queues", paramLabel = "N", description = "Queues of each TAP.")
    private int queues = 1;

    @Option(names = "--threads", paramLabel = "N", description = "Event loops that the queues are spread over.")
    private int threads = 1;

    @Option(names = "--loss", paramLabel = "P", description = "The part of the frames that is lost on their way out.")
    private double loss;

    @Option(names = "--io", paramLabel = "TYPE", description = "epoll or io_uring.")
    private String io = "epoll";

    /** Starts the program; it runs until it is killed. */
    public static void main(String[] arguments) {
        int exit = new CommandLine(new Forwarder()).execute(arguments);
        if (exit != CommandLine.ExitCode.OK) {
            System.exit(exit);
        }
    }

    @Override
    public Integer call() throws Exception {
        TapEventLoopGroup group = TapEventLoopGroup.builder()
                .threads(threads)
                .io(TapIoType.valueOf(io.toUpperCase(Locale.ROOT)))
                .build();
        List<EventLoop> loops = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            loops.add(group.next());
        }
        TapDevice left = open(names.get(0));
        TapDevice right = open(names.get(1));
        for (int i = 0; i < queues; i++) {
            EventLoop loop = loops.get(i % threads);
            join(
                    new TapChannel(left.queues().get(i)),
                    new TapChannel(right.queues().get(i)),
                    loop);
        }
        System.out.println("ready");
        return CommandLine.ExitCode.OK;
    }

    private TapDevice open(String name) throws Exception {
        return TapDevice.builder(name)
                .multiQueue(queues > 1)
                .queues(queues)
                .vnetHeader(false)
                .up(true)
                .open();
    }

    private void join(Channel one, Channel other, EventLoop loop) throws InterruptedException {
        for (Channel channel : List.of(one, other)) {
            if (loss > 0) {
                channel.pipeline()
                        .addLast(FaultHandler.builder(SEED)
                                .outboundOnly()
                                .drop(loss)
                                .build());
            }
            channel.pipeline().addLast(new Relay(channel == one ? other : one));
        }
        // The relay of the first may write to the second as soon as it reads.
        one.config().setAutoRead(false);
        loop.register(one).sync();
        loop.register(other).sync();
        one.config().setAutoRead(true);
    }

    private static final class Relay extends ChannelInboundHandlerAdapter {
        private final Channel to;

        Relay(Channel to) {
            this.to = to;
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object frame) {
            to.write(frame, to.voidPromise());
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext ctx) {
            to.flush();
        }
    }
}
