package io.github.nettybpf.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.nettybpf.core.Program;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.socket.DatagramPacket;
import java.net.InetSocketAddress;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** A flow of datagrams, of which every tenth is wanted, to a handler that enforces its filter and stops to again and again. */
final class DryRunFlow {
    private static final int WANTED = 1;

    private DryRunFlow() {}

    /**
     * Runs it, and asserts that nothing unwanted passed while the filter was enforced and that nothing wanted was lost.
     *
     * @param rounds how often the filter is enforced
     * @param perSecond how many datagrams are sent
     * @return the handler's figures at the end
     */
    static FilterStats run(Transport transport, int rounds, long perSecond) throws Exception {
        MultiThreadIoEventLoopGroup group = transport.group();
        AtomicLong wanted = new AtomicLong();
        AtomicLong unwanted = new AtomicLong();
        AtomicLong afterwards = new AtomicLong();
        boolean[] enforced = new boolean[1]; // belongs to the event loop
        BpfFilterHandler handler = BpfFilterHandler.builder(
                        Program.parse("ldb [16]\njne #" + WANTED + ", drop\nret #-1\ndrop: ret #0"))
                .dryRun(true)
                .build();
        Channel channel = new Bootstrap()
                .group(group)
                .channel(transport.channel)
                .handler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel ch) {
                        ch.pipeline().addLast(handler, new ChannelInboundHandlerAdapter() {
                            @Override
                            public void channelRead(ChannelHandlerContext ctx, Object msg) {
                                DatagramPacket datagram = (DatagramPacket) msg;
                                AtomicLong count = NumberedFlow.kind(datagram.content()) == WANTED ? wanted : unwanted;
                                count.lazySet(count.get() + 1);
                                if (count == unwanted && enforced[0]) {
                                    afterwards.incrementAndGet();
                                }
                                datagram.release();
                            }
                        });
                    }
                })
                .bind(transport.anyAddress())
                .sync()
                .channel();
        NumberedFlow.forceReceiveBuffer(channel);
        long overflowBefore = NumberedFlow.overflow();
        NumberedFlow flow = new NumberedFlow(
                (InetSocketAddress) channel.localAddress(),
                perSecond,
                Long.MAX_VALUE,
                number -> number % 10 == 0 ? WANTED : 0);
        CompletableFuture<Void> sending = CompletableFuture.runAsync(flow);
        for (int round = 0; round < rounds; round++) {
            flow.awaitPackets(1000);
            handler.enforce(true).addListener(done -> enforced[0] = true).sync();
            flow.awaitPackets(1000);
            channel.eventLoop().submit(() -> enforced[0] = false).sync();
            handler.enforce(false).sync();
        }
        flow.awaitPackets(1000);
        handler.enforce(true).sync();
        flow.stop();
        sending.get(Transport.PATIENCE_SECONDS, TimeUnit.SECONDS);
        long sent = (flow.sent() + 9) / 10;
        Transport.await(
                () -> "wanted " + wanted + " of " + sent + ", overflow " + (NumberedFlow.overflow() - overflowBefore)
                        + ", " + handler.stats(),
                () -> wanted.get() + (NumberedFlow.overflow() - overflowBefore) >= sent);
        assertEquals(0, afterwards.get(), "unwanted datagrams after the filter was in force");
        if (NumberedFlow.overflow() == overflowBefore) {
            assertEquals(sent, wanted.get());
        }
        FilterStats stats = handler.stats();
        assertEquals(stats.wouldDrop(), unwanted.get());
        channel.close().sync();
        group.shutdownGracefully(0, 0, TimeUnit.SECONDS).sync();
        System.out.println(transport + ": enforced " + rounds + " times at " + perSecond + "/s, " + flow.sent()
                + " datagrams, " + wanted + " wanted ones came of " + sent + ", " + unwanted + " others before");
        return stats;
    }
}
