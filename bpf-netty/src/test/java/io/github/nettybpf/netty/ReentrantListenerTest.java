package io.github.nettybpf.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.nettybpf.core.Program;
import io.github.nettybpf.netty.FilterStats.Location;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.util.concurrent.Future;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Listeners that change the filter in answer to what they are told: the last change holds, and is what is told. */
class ReentrantListenerTest {
    private static final Program KEEPS_ALL = Program.parse("ret #-1");
    private static final Program CUTS = Program.parse("ret #10");
    private static final Program VARIES = Program.parse("ld #rand\nand #0\nadd #20\nret a");

    private final List<Location> events = Collections.synchronizedList(new ArrayList<>());
    private MultiThreadIoEventLoopGroup group;
    private Channel channel;
    private Consumer<FilterLocationEvent> listener = event -> {};

    @BeforeEach
    void bind() throws Exception {
        group = Transport.EPOLL_UDP.group();
        channel = new Bootstrap()
                .group(group)
                .channel(Transport.EPOLL_UDP.channel)
                .handler(new ChannelInboundHandlerAdapter() {
                    @Override
                    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
                        if (event instanceof FilterLocationEvent location) {
                            events.add(location.location());
                            listener.accept(location);
                        }
                    }
                })
                .bind(Transport.EPOLL_UDP.anyAddress())
                .sync()
                .channel();
    }

    @AfterEach
    void shutDown() {
        if (group != null) {
            group.shutdownGracefully(0, 0, TimeUnit.SECONDS).syncUninterruptibly();
        }
    }

    private void onLoop(Runnable task) throws InterruptedException {
        channel.eventLoop().submit(task).sync();
    }

    /** The timers of a handover, due earlier, run before. */
    private void awaitTimers() throws InterruptedException {
        channel.eventLoop()
                .schedule(() -> {}, ReceiveQueue.GRACE_MILLIS + 100, TimeUnit.MILLISECONDS)
                .sync();
    }

    private Optional<Program> inKernel() {
        return SocketFilters.read(channel);
    }

    private void once(Location location, Runnable answer) {
        listener = event -> {
            if (event.location() == location) {
                listener = later -> {};
                answer.run();
            }
        };
    }

    @Test
    void aReplacementThatOnlyThePipelineCanRunStaysThere() throws Exception {
        BpfFilterHandler filter = new BpfFilterHandler(KEEPS_ALL);
        once(Location.KERNEL_AND_PIPELINE, () -> filter.replace(VARIES));
        onLoop(() -> channel.pipeline().addFirst(filter));
        awaitTimers();
        assertEquals(Location.PIPELINE, filter.stats().location());
        assertEquals(Optional.empty(), inKernel());
        assertEquals(List.of(Location.KERNEL_AND_PIPELINE, Location.PIPELINE), events);
    }

    @Test
    void aReplacementThatCutsIsJudgedInThePipeline() throws Exception {
        BpfFilterHandler filter = new BpfFilterHandler(KEEPS_ALL);
        once(Location.KERNEL_AND_PIPELINE, () -> filter.replace(CUTS));
        onLoop(() -> channel.pipeline().addFirst(filter));
        awaitTimers();
        assertEquals(Location.KERNEL_AND_PIPELINE, filter.stats().location());
    }

    @Test
    void aHandlerThatIsRemovedLeavesNoFilter() throws Exception {
        BpfFilterHandler filter = BpfFilterHandler.builder(VARIES)
                .offload(Offload.REQUIRED)
                .lossyHandover(true)
                .build();
        once(Location.KERNEL_AND_PIPELINE, () -> channel.pipeline().remove(filter));
        onLoop(() -> channel.pipeline().addFirst(filter));
        awaitTimers();
        assertEquals(Location.REMOVED, filter.stats().location());
        assertEquals(Optional.empty(), inKernel());
    }

    @Test
    void whoRetriesAReplacementThatFailedIsLast() throws Exception {
        BpfFilterHandler filter = BpfFilterHandler.builder(KEEPS_ALL)
                .offload(Offload.REQUIRED)
                .lossyHandover(true)
                .build();
        onLoop(() -> channel.pipeline().addFirst(filter));
        Future<Void> first = filter.replace(VARIES);
        Future<Void>[] retried = newArray();
        first.addListener(failed -> retried[0] = filter.replace(VARIES));
        Future<Void> second = filter.replace(CUTS);
        assertTrue(second.await(60, TimeUnit.SECONDS));
        assertTrue(first.await(60, TimeUnit.SECONDS));
        assertFalse(first.isSuccess());
        assertTrue(second.isSuccess());
        onLoop(() -> {});
        assertTrue(retried[0].await(60, TimeUnit.SECONDS));
        assertTrue(retried[0].isSuccess());
        assertEquals(Optional.of(VARIES), inKernel());
        assertEquals(Location.KERNEL, filter.stats().location());
    }

    @SuppressWarnings({"unchecked", "rawtypes"}) // an array of a generic type
    private static Future<Void>[] newArray() {
        return new Future[1];
    }

    /** REQUIRED holds also for a handler that takes over from another, behind a handler that reads. */
    @Test
    void whoTakesOverBehindAConsumerIsNotForgotten() throws Exception {
        BpfFilterHandler one = new BpfFilterHandler(KEEPS_ALL);
        BpfFilterHandler two =
                BpfFilterHandler.builder(KEEPS_ALL).offload(Offload.REQUIRED).build();
        onLoop(() -> channel.pipeline().addFirst("one", one));
        onLoop(() -> {
            channel.pipeline().addFirst("reads", new ChannelInboundHandlerAdapter() {
                @Override
                public void channelRead(ChannelHandlerContext ctx, Object msg) {
                    ctx.fireChannelRead(msg);
                }
            });
            channel.pipeline().replace(one, "two", two);
            channel.pipeline().fireChannelReadComplete();
        });
        assertTrue(channel.closeFuture().await(60, TimeUnit.SECONDS));
        assertEquals(Location.FAILED, two.stats().location());
    }
}
