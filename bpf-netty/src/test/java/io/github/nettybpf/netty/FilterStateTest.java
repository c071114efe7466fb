package io.github.nettybpf.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.nettybpf.core.Program;
import io.github.nettybpf.netty.FilterStats.Location;
import io.github.nettybpf.netty.memory.SockFprog;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelConfig;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.util.concurrent.Future;
import io.netty.util.internal.logging.InternalLogLevel;
import java.lang.reflect.Field;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mockito.ArgumentMatchers;
import org.mockito.Mockito;
import org.mockito.stubbing.Answer;

/** What stats() tell is what happens, and whoever waits for a replacement hears of its end. */
class FilterStateTest {
    private static final Program DROPS_ALL = Program.parse("ret #0");
    private static final Program KEEPS_ALL = Program.parse("ret #-1");

    /** A pipeline cannot judge it as the kernel does. */
    private static final Program UNJUDGEABLE = Program.parse("ld #rand\nret a");

    private final BlockingQueue<Throwable> failures = new LinkedBlockingQueue<>();
    private MultiThreadIoEventLoopGroup group;

    @BeforeEach
    void start() {
        group = Transport.EPOLL_UDP.group();
    }

    @AfterEach
    void shutDown() {
        if (group != null) {
            group.shutdownGracefully(0, 0, TimeUnit.SECONDS).syncUninterruptibly();
        }
    }

    private ChannelFuture bind(Consumer<Channel> initializer) throws Exception {
        return new Bootstrap()
                .group(group)
                .channel(Transport.EPOLL_UDP.channel)
                .option(ChannelOption.AUTO_READ, false)
                .handler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        initializer.accept(channel);
                        channel.pipeline().addLast(new ChannelInboundHandlerAdapter() {
                            @Override
                            public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
                                failures.add(cause);
                            }
                        });
                    }
                })
                .bind(Transport.EPOLL_UDP.anyAddress())
                .await();
    }

    private static BpfFilterHandler required(Program program) {
        return BpfFilterHandler.builder(program)
                .offload(Offload.REQUIRED)
                .lossyHandover(true)
                .build();
    }

    private static void onLoop(Channel channel, Runnable task) throws InterruptedException {
        channel.eventLoop().submit(task).sync();
    }

    private static void assertClosed(Channel channel) throws InterruptedException {
        assertTrue(channel.closeFuture().await(60, TimeUnit.SECONDS));
    }

    private static Throwable cause(Future<?> future) throws InterruptedException {
        assertTrue(future.await(60, TimeUnit.SECONDS));
        return future.cause();
    }

    private static void assertStats(Location location, String reason, BpfFilterHandler handler) {
        assertEquals(location, handler.stats().location());
        assertEquals(reason, handler.stats().reason());
    }

    /** Lets one option of the channel's socket answer something else. */
    private static void answer(Channel channel, String option, Answer<?> get) {
        ChannelConfig config = Mockito.spy(channel.config());
        Mockito.doAnswer(get).when(config).getOption(named(option));
        configure(channel, config);
    }

    private static ChannelOption<Object> named(String option) {
        return ArgumentMatchers.argThat(asked -> asked != null && asked.name().equals(option));
    }

    private static void configure(Channel channel, ChannelConfig config) {
        try {
            Field field = EpollDatagramChannel.class.getDeclaredField("config");
            field.setAccessible(true);
            field.set(channel, config);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void aBindThatFailsSaysWhy() throws Exception {
        BpfFilterHandler handler = required(KEEPS_ALL);
        ChannelFuture bound = bind(channel -> {
            SocketFilters.lock(channel);
            channel.pipeline().addLast(handler);
        });
        String reason = "SO_ATTACH_FILTER: the filter is locked (SO_LOCK_FILTER)";
        assertEquals(reason, cause(bound).getMessage());
        assertClosed(bound.channel());
        assertStats(Location.FAILED, reason, handler);
    }

    @Test
    void aHandlerThatFailsOnABoundChannelSaysWhy() throws Exception {
        Channel channel = bind(SocketFilters::lock).sync().channel();
        BpfFilterHandler handler = required(KEEPS_ALL);
        onLoop(channel, () -> channel.pipeline().addFirst(handler));
        assertClosed(channel);
        String reason = "SO_ATTACH_FILTER: the filter is locked (SO_LOCK_FILTER)";
        assertEquals(reason, failures.take().getMessage());
        assertStats(Location.FAILED, reason, handler);
    }

    @Test
    void aHandlerThatIsGoneSaysSo() throws Exception {
        BpfFilterHandler handler = new BpfFilterHandler(KEEPS_ALL);
        assertStats(Location.UNDECIDED, "the handler is in no pipeline", handler);
        Channel channel = bind(initialized -> initialized.pipeline().addLast(handler))
                .sync()
                .channel();
        assertStats(Location.KERNEL, "attached before the channel was bound", handler);
        onLoop(channel, () -> channel.pipeline().remove(handler));
        assertStats(Location.REMOVED, "the handler was removed from its pipeline", handler);
    }

    @Test
    void aHandlerOfAClosedChannelSaysSo() throws Exception {
        BpfFilterHandler handler = new BpfFilterHandler(KEEPS_ALL);
        Channel channel = bind(initialized -> initialized.pipeline().addLast(handler))
                .sync()
                .channel();
        channel.close().sync();
        // Netty takes the handlers out of the pipeline some tasks later.
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (handler.stats().location() == Location.KERNEL && System.nanoTime() < end) {
            onLoop(channel, () -> {});
        }
        assertStats(Location.REMOVED, "the channel was closed", handler);
    }

    /** A replacement that drains the receive queue, which has a packet that nobody reads. */
    private Channel draining(BpfFilterHandler handler) throws Exception {
        Channel channel = bind(initialized -> initialized.pipeline().addLast(handler))
                .sync()
                .channel();
        Channel sender = bind(initialized -> {}).sync().channel();
        sender.writeAndFlush(new io.netty.channel.socket.DatagramPacket(
                        io.netty.buffer.Unpooled.copyLong(1), (java.net.InetSocketAddress) channel.localAddress()))
                .sync();
        while (SocketFilters.receiveQueueBytes(channel) == 0) {
            onLoop(channel, () -> {});
        }
        return channel;
    }

    @ParameterizedTest
    @ValueSource(strings = {"close", "remove", "replace", "fail"})
    void aReplacementThatIsNeverInForceFails(String end) throws Exception {
        BpfFilterHandler handler = required(KEEPS_ALL);
        Channel channel = draining(handler);
        Future<Void> replaced = handler.replace(UNJUDGEABLE);
        onLoop(channel, () -> {});
        assertStats(Location.KERNEL_AND_PIPELINE, "dropping everything until the receive queue is empty", handler);
        assertEquals(false, replaced.isDone());
        String reason;
        switch (end) {
            case "close" -> {
                channel.close().sync();
                reason = "the program was not put in force: the channel was closed";
            }
            case "remove" -> {
                onLoop(channel, () -> channel.pipeline().remove(handler));
                reason = "the program was not put in force: the handler was removed from its pipeline";
            }
            case "replace" -> {
                assertEquals(null, cause(handler.replace(DROPS_ALL)));
                reason = "the program was not put in force: attached to a bound channel";
            }
            default -> {
                answer(channel, "SO_MEMINFO", call -> {
                    throw new ChannelException("no such thing");
                });
                reason = "SO_MEMINFO: no such thing";
                assertClosed(channel);
                assertStats(Location.FAILED, reason, handler);
            }
        }
        assertEquals(
                reason,
                assertInstanceOf(SocketFilterException.class, cause(replaced)).getMessage());
    }

    @Test
    void aSocketThatDoesNotTellItsDropsIsFilteredAllTheSame() throws Exception {
        BpfFilterHandler handler = required(KEEPS_ALL);
        bind(channel -> {
                    answer(channel, "SO_MEMINFO", call -> {
                        throw new ChannelException("no such thing");
                    });
                    channel.pipeline().addLast(handler);
                })
                .sync();
        assertStats(Location.KERNEL, "attached before the channel was bound", handler);
        assertEquals(0, handler.stats().droppedInKernel());
    }

    @Test
    void aFilterThatCannotBeProvedIsTakenBack() throws Exception {
        BpfFilterHandler handler = new BpfFilterHandler(DROPS_ALL);
        Channel channel = bind(initialized -> {
                    ChannelConfig config = initialized.config();
                    ChannelConfig lying = Mockito.spy(config);
                    Mockito.doAnswer(call -> {
                                try (SockFprog another = new SockFprog(KEEPS_ALL)) {
                                    return config.setOption(call.getArgument(0), another.value());
                                }
                            })
                            .when(lying)
                            .setOption(named("SO_ATTACH_FILTER"), ArgumentMatchers.any());
                    configure(initialized, lying);
                    initialized.pipeline().addLast(handler);
                })
                .sync()
                .channel();
        assertStats(
                Location.PIPELINE,
                "SO_ATTACH_FILTER succeeded, but the filter read back is not the program (expected: a kernel that filters)",
                handler);
        assertTrue(SocketFilters.read(channel).isEmpty());
    }

    /** That less is filtered than one may think is worth a warning, and that the kernel does not filter is worth a line. */
    @ParameterizedTest
    @EnumSource
    void statesAreLoggedAsLoudlyAsTheyMatter(FilterState state) {
        for (Offload offload : Offload.values()) {
            InternalLogLevel expected =
                    switch (state) {
                        case AFTER_HANDLER, DRY_RUN -> InternalLogLevel.WARN;
                        case PIPELINE -> offload == Offload.AUTO ? InternalLogLevel.INFO : InternalLogLevel.DEBUG;
                        default -> InternalLogLevel.DEBUG;
                    };
            assertEquals(expected, state.logLevel(offload), offload::toString);
        }
    }
}
