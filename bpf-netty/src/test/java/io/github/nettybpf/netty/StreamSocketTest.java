package io.github.nettybpf.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.nettybpf.core.Placement;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.netty.FilterStats.Location;
import io.github.nettybpf.netty.SocketFilterException.Reason;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** TCP: what a socket filter sees are segments, and what it drops stalls the stream. */
class StreamSocketTest {
    private static final long CAP_NET_ADMIN = 1 << 12;

    private final BlockingQueue<String> received = new LinkedBlockingQueue<>();
    private final BlockingQueue<Channel> accepted = new LinkedBlockingQueue<>();
    private MultiThreadIoEventLoopGroup group;

    @BeforeEach
    void needsEpoll() {
        assumeTrue(Epoll.isAvailable(), () -> "no epoll: " + Epoll.unavailabilityCause());
        group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    }

    @AfterEach
    void shutDown() {
        if (group != null) {
            group.shutdownGracefully(0, 0, TimeUnit.SECONDS).syncUninterruptibly();
        }
    }

    private InetSocketAddress serve(BpfFilterHandler filter) throws InterruptedException {
        Channel server = new ServerBootstrap()
                .group(group)
                .channel(EpollServerSocketChannel.class)
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel ch) {
                        ch.pipeline().addLast(filter, new SimpleChannelInboundHandler<ByteBuf>() {
                            @Override
                            protected void channelRead0(ChannelHandlerContext ctx, ByteBuf bytes) {
                                received.add(ByteBufUtil.hexDump(bytes));
                                accepted.add(ctx.channel());
                            }
                        });
                    }
                })
                .bind(InetAddress.getLoopbackAddress(), 0)
                .sync()
                .channel();
        return (InetSocketAddress) server.localAddress();
    }

    private Channel connect(InetSocketAddress to, BpfFilterHandler filter) throws InterruptedException {
        return new Bootstrap()
                .group(group)
                .channel(EpollSocketChannel.class)
                .handler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel ch) {
                        ch.pipeline().addLast(filter, new ChannelInboundHandlerAdapter());
                    }
                })
                .connect(to)
                .sync()
                .channel();
    }

    /** {@return whether the kernel counts CAP_NET_ADMIN among this process's capabilities} */
    private static boolean isNetAdmin() throws IOException {
        String effective = Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith("CapEff:"))
                .findFirst()
                .orElseThrow();
        return (Long.parseUnsignedLong(effective.substring(7).strip(), 16) & CAP_NET_ADMIN) != 0;
    }

    /** Kernels that let nobody without CAP_NET_ADMIN filter a TCP socket say so; others filter. */
    @Test
    void withoutTheRightTheStreamIsRefusedOrFiltered() throws Exception {
        assumeFalse(isNetAdmin(), "this process has CAP_NET_ADMIN (expected: an ordinary user)");
        Program program = Program.parse("ret #-1");
        BpfFilterHandler insisting = BpfFilterHandler.builder(program)
                .placement(Placement.TCP_SOCKET)
                .offload(Offload.REQUIRED)
                .build();
        try {
            Channel client = connect(serve(new BpfFilterHandler(program)), insisting);
            assertEquals(Location.KERNEL, insisting.stats().location());
            assertEquals(program, SocketFilters.read(client).orElseThrow());
        } catch (SocketFilterException e) {
            assertEquals(Reason.PERMISSION, e.reason());
            assertEquals(
                    "SO_ATTACH_FILTER: not permitted (EPERM): a filter of a TCP socket needs CAP_NET_ADMIN",
                    e.getMessage());
            assertEquals(Location.FAILED, insisting.stats().location());
        }
    }

    /** Skips the test where the kernel lets nobody without CAP_NET_ADMIN filter a TCP socket. */
    private Channel connectIfPermitted(InetSocketAddress to, BpfFilterHandler filter) throws InterruptedException {
        try {
            return connect(to, filter);
        } catch (SocketFilterException e) {
            assumeTrue(e.reason() != Reason.PERMISSION, () -> "a TCP socket: " + e.getMessage());
            throw e;
        }
    }

    @Test
    void autoNeverAttachesToAStream() throws Exception {
        BpfFilterHandler onServer = new BpfFilterHandler(Program.parse("ldb [0]\nret a"));
        BpfFilterHandler onClient = new BpfFilterHandler(Program.parse("ret #-1"));
        Channel client = connect(serve(onServer), onClient);
        client.writeAndFlush(Unpooled.wrappedBuffer(new byte[] {2, 9, 9})).sync();
        assertEquals("0209", received.poll(Transport.PATIENCE_SECONDS, TimeUnit.SECONDS), "the pipeline cuts");
        Channel server = accepted.poll(Transport.PATIENCE_SECONDS, TimeUnit.SECONDS);
        assertNotNull(server);
        for (Channel stream : new Channel[] {server, client}) {
            assertTrue(SocketFilters.read(stream).isEmpty());
        }
        for (BpfFilterHandler handler : new BpfFilterHandler[] {onServer, onClient}) {
            assertEquals(Location.PIPELINE, handler.stats().location());
            assertEquals(
                    "a filter of a stream socket sees segments and not what a pipeline reads from it",
                    handler.stats().reason());
        }
    }

    /** A segment that the filter drops is sent again and again: the stream goes on once the filter lets it through. */
    @Test
    void whoInsistsHasSegmentsFiltered() throws Exception {
        Program noPayloadOf9 = Program.parse("""
                ldb [12]          ; the header's length, in the upper half of the byte
                rsh #4
                lsh #2
                tax
                ld len
                sub x
                jeq #0, yes       ; no payload: a handshake or an acknowledgement
                ldb [x + 0]
                jeq #9, no
                yes: ret #-1
                no: ret #0
                """);
        BpfFilterHandler insisting = BpfFilterHandler.builder(noPayloadOf9)
                .placement(Placement.TCP_SOCKET)
                .offload(Offload.REQUIRED)
                .build();
        BlockingQueue<String> answers = new LinkedBlockingQueue<>();
        Channel client = connectIfPermitted(serve(new BpfFilterHandler(Program.parse("ret #-1"))), insisting);
        client.pipeline().addLast(new SimpleChannelInboundHandler<ByteBuf>() {
            @Override
            protected void channelRead0(ChannelHandlerContext ctx, ByteBuf bytes) {
                answers.add(ByteBufUtil.hexDump(bytes));
            }
        });
        assertEquals(Location.KERNEL, insisting.stats().location());
        assertEquals(noPayloadOf9, SocketFilters.read(client).orElseThrow());
        client.writeAndFlush(Unpooled.wrappedBuffer(new byte[] {7})).sync();
        assertEquals("07", received.poll(Transport.PATIENCE_SECONDS, TimeUnit.SECONDS));
        Channel server = accepted.poll(Transport.PATIENCE_SECONDS, TimeUnit.SECONDS);
        assertNotNull(server);
        server.writeAndFlush(Unpooled.wrappedBuffer(new byte[] {8})).sync();
        assertEquals("08", answers.poll(Transport.PATIENCE_SECONDS, TimeUnit.SECONDS));
        assertEquals(0, SocketFilters.drops(client));

        server.writeAndFlush(Unpooled.wrappedBuffer(new byte[] {9})).sync();
        Transport.await(() -> "no segment is dropped", () -> SocketFilters.drops(client) > 0);
        assertNull(answers.poll());
        client.pipeline().remove(insisting);
        assertEquals("09", answers.poll(Transport.PATIENCE_SECONDS, TimeUnit.SECONDS));
    }
}
