package io.github.nettybpf.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.nettybpf.core.Placement;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.expression.FilterExpression;
import io.github.nettybpf.netty.FilterStats.Location;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.socket.DatagramPacket;
import io.netty.util.ReferenceCountUtil;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** A handler before the filter that may consume packets: it is never said that all are filtered. */
class FrontHandlerTest {
    private static final Program DROPS_ALL = Program.parse("ret #0");
    private static final String AFTER =
            "only what the handler 'front' passes on is judged, because it comes first (expected:"
                    + " this handler as the first of the pipeline, or builder(program).afterOtherHandlers(true))";

    private final BlockingQueue<Object> events = new LinkedBlockingQueue<>();
    private MultiThreadIoEventLoopGroup group;

    @AfterEach
    void shutDown() {
        if (group != null) {
            group.shutdownGracefully(0, 0, TimeUnit.SECONDS).syncUninterruptibly();
        }
    }

    /** Reads, and keeps what it reads. */
    private static ChannelHandler consumer() {
        return new SimpleChannelInboundHandler<Object>() {
            @Override
            protected void channelRead0(ChannelHandlerContext ctx, Object msg) {}
        };
    }

    private ChannelFuture bind(Transport transport, ChannelHandler front, BpfFilterHandler filter) throws Exception {
        group = transport.group();
        return new Bootstrap()
                .group(group)
                .channel(transport.channel)
                .handler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline().addLast("front", front).addLast(filter, new ChannelInboundHandlerAdapter() {
                            @Override
                            public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
                                events.add(event);
                            }
                        });
                    }
                })
                .bind(transport.anyAddress())
                .await();
    }

    @ParameterizedTest
    @EnumSource(names = {"EPOLL_UDP", "NIO_UDP", "EPOLL_UNIX"})
    void afterAConsumerTheHandlerSaysHowLittleItJudges(Transport transport) throws Exception {
        BpfFilterHandler filter = new BpfFilterHandler(DROPS_ALL);
        assertTrue(bind(transport, consumer(), filter).isSuccess());
        assertEquals(Location.PIPELINE_AFTER_HANDLER, filter.stats().location());
        assertEquals(AFTER, filter.stats().reason());
        FilterLocationEvent event = (FilterLocationEvent) events.take();
        assertEquals("FilterLocationEvent(PIPELINE_AFTER_HANDLER, " + AFTER + ")", event.toString());
    }

    @Test
    void whoMeansItIsNotWarned() throws Exception {
        BpfFilterHandler filter =
                BpfFilterHandler.builder(DROPS_ALL).afterOtherHandlers(true).build();
        bind(Transport.EPOLL_UDP, consumer(), filter).sync();
        assertEquals(Location.PIPELINE, filter.stats().location());
    }

    @Test
    void aHandlerThatOnlyPassesOnDoesNotPreventTheKernel() throws Exception {
        for (ChannelHandler front : List.of(
                new ChannelOutboundHandlerAdapter(), new ChannelDuplexHandler(), new ChannelInboundHandlerAdapter())) {
            BpfFilterHandler filter = new BpfFilterHandler(DROPS_ALL);
            bind(Transport.EPOLL_UDP, front, filter).sync();
            assertEquals(Location.KERNEL, filter.stats().location(), front::toString);
            assertEquals(Location.KERNEL, ((FilterLocationEvent) events.take()).location());
            shutDown();
        }
    }

    @ParameterizedTest
    @CsvSource({"EPOLL_UDP, KERNEL", "NIO_UDP, PIPELINE_AFTER_HANDLER"})
    void aConsumerThatIsAddedLaterIsNoticed(Transport transport, Location expected) throws Exception {
        BpfFilterHandler filter = new BpfFilterHandler(Program.parse("ret #-1"));
        Channel channel = bind(transport, new ChannelOutboundHandlerAdapter(), filter)
                .sync()
                .channel();
        channel.eventLoop()
                .submit(() -> channel.pipeline().addFirst("late", new ChannelInboundHandlerAdapter() {
                    @Override
                    public void channelRead(ChannelHandlerContext ctx, Object msg) {
                        ctx.fireChannelRead(msg);
                    }
                }))
                .sync();
        channel.pipeline().fireChannelReadComplete();
        channel.eventLoop().submit(() -> {}).sync();
        assertEquals(expected, filter.stats().location());
        assertTrue(filter.stats().reason().contains("'late'"), filter.stats().reason());
    }

    /** What is said of handlers before this one ends with them, however often they come and go. */
    @ParameterizedTest
    @CsvSource({
        "EPOLL_UDP, attached before the channel was bound",
        "NIO_UDP, NioDatagramChannel takes no filter (expected: an epoll or io_uring channel)"
    })
    void handlersThatComeAndGoLeaveTheReasonAsItWas(Transport transport, String reason) throws Exception {
        BpfFilterHandler filter = new BpfFilterHandler(Program.parse("ret #-1"));
        Channel channel = bind(transport, new ChannelOutboundHandlerAdapter(), filter)
                .sync()
                .channel();
        for (int i = 0; i < 3; i++) {
            channel.eventLoop()
                    .submit(() -> {
                        channel.pipeline().addFirst("late", consumer());
                        channel.pipeline().fireChannelReadComplete();
                    })
                    .sync();
            assertEquals(1, filter.stats().reason().split("'late'", -1).length - 1, filter.stats()::reason);
            channel.eventLoop()
                    .submit(() -> {
                        channel.pipeline().remove("late");
                        channel.pipeline().fireChannelReadComplete();
                    })
                    .sync();
            assertEquals(reason, filter.stats().reason());
        }
    }

    /** Netty's own annotation that a method only passes on has this simple name too. */
    @Retention(RetentionPolicy.RUNTIME)
    private @interface Skip {}

    @Test
    void anAnnotationOfTheUsersIsNotNettys() throws Exception {
        ChannelHandler front = new ChannelInboundHandlerAdapter() {
            @Skip
            @Override
            public void channelRead(ChannelHandlerContext ctx, Object msg) {
                ReferenceCountUtil.release(msg);
            }
        };
        BpfFilterHandler filter = new BpfFilterHandler(DROPS_ALL);
        bind(Transport.EPOLL_UDP, front, filter).sync();
        assertEquals(Location.PIPELINE_AFTER_HANDLER, filter.stats().location());
    }

    /** Not even the end of a read comes through. */
    @ParameterizedTest
    @CsvSource({"EPOLL_UDP, KERNEL", "NIO_UDP, PIPELINE_AFTER_HANDLER"})
    void aConsumerOfEverythingIsNoticedByTheNextRead(Transport transport, Location expected) throws Exception {
        BpfFilterHandler filter = new BpfFilterHandler(Program.parse("ret #-1"));
        Channel channel = bind(transport, new ChannelOutboundHandlerAdapter(), filter)
                .sync()
                .channel();
        channel.eventLoop()
                .submit(() -> channel.pipeline().addFirst("late", new ChannelInboundHandlerAdapter() {
                    @Override
                    public void channelRead(ChannelHandlerContext ctx, Object msg) {
                        ReferenceCountUtil.release(msg);
                    }

                    @Override
                    public void channelReadComplete(ChannelHandlerContext ctx) {}
                }))
                .sync();
        // What the head of the pipeline does at the end of a read, with autoRead.
        channel.pipeline().fireChannelReadComplete();
        channel.eventLoop().submit(() -> {}).sync();
        assertEquals(expected, filter.stats().location());
        assertTrue(filter.stats().reason().contains("'late'"), filter.stats().reason());
    }

    /** A program knows its placement where an expression was compiled for one. */
    @ParameterizedTest
    @CsvSource({
        "EPOLL_UDP, ETHERNET, AUTO, UDP_SOCKET",
        "EPOLL_UDP, IP, NEVER, UDP_SOCKET",
        "NIO_UDP, ETHERNET, AUTO, UDP_SOCKET",
        "EPOLL_UNIX, UDP_SOCKET, AUTO, PAYLOAD"
    })
    void aProgramForAnotherPlacementIsRefused(Transport transport, Placement placement, Offload offload, Placement own)
            throws Exception {
        BpfFilterHandler filter = BpfFilterHandler.builder(FilterExpression.compile("udp", placement))
                .offload(offload)
                .build();
        ChannelFuture bound = bind(transport, new ChannelOutboundHandlerAdapter(), filter);
        assertFalse(bound.isSuccess());
        String message = "the program is for placement " + placement + ", and the channel's is " + own;
        assertEquals(message, bound.cause().getMessage());
        assertEquals(Location.FAILED, filter.stats().location());
        assertEquals(message, filter.stats().reason());
    }

    @Test
    void aPlacementThatContradictsTheProgramIsRefused() {
        BpfFilterHandlerBuilder builder =
                BpfFilterHandler.builder(DROPS_ALL.at(Placement.ETHERNET)).placement(Placement.UDP_SOCKET);
        assertEquals(
                "the program is for placement ETHERNET, and the handler's is UDP_SOCKET",
                org.junit.jupiter.api.Assertions.assertThrows(IllegalArgumentException.class, builder::build)
                        .getMessage());
        BpfFilterHandler handler =
                BpfFilterHandler.builder(DROPS_ALL).placement(Placement.PAYLOAD).build();
        assertEquals(
                "the program is for placement IP, and the handler's is PAYLOAD",
                handler.replace(DROPS_ALL.at(Placement.IP)).cause().getMessage());
    }

    /** The placement of an expression's program is the default: a test with an EmbeddedChannel just works. */
    @Test
    void datagramsInAnEmbeddedChannelAreJudgedByTheProgramsPlacement() {
        EmbeddedChannel channel = new EmbeddedChannel(
                new BpfFilterHandler(FilterExpression.compile("src port 53", Placement.UDP_SOCKET)));
        for (int port : new int[] {53, 54}) {
            channel.writeInbound(new DatagramPacket(
                    Unpooled.copyLong(port),
                    new InetSocketAddress(InetAddress.getLoopbackAddress(), 9),
                    new InetSocketAddress(InetAddress.getLoopbackAddress(), port)));
        }
        DatagramPacket passed = channel.readInbound();
        assertEquals(53, passed.content().readLong());
        passed.release();
        assertFalse(channel.finish());
    }
}
