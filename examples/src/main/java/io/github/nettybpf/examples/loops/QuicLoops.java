package io.github.nettybpf.examples.loops;

import io.github.nettybpf.core.Program;
import io.github.nettybpf.netty.Offload;
import io.github.nettybpf.netty.reuseport.QuicConnectionIds;
import io.github.nettybpf.netty.reuseport.ReusePortGroup;
import io.github.nettybpf.netty.reuseport.Steering;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.unix.UnixChannelOption;
import io.netty.handler.codec.quic.QuicCodecDispatcher;
import io.netty.handler.codec.quic.QuicConnectionIdGenerator;
import io.netty.handler.codec.quic.QuicServerCodecBuilder;
import io.netty.handler.codec.quic.QuicSslContext;
import io.netty.handler.codec.quic.QuicStreamChannel;
import io.netty.util.concurrent.EventExecutor;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.stream.LongStream;

/** A QUIC server on several event loops and one port, whose streams are echoed. Counts datagrams by the loop that gets them. */
final class QuicLoops implements AutoCloseable {
    private static final int IDLE_SECONDS = 30;

    /** How many addresses of a client quiche remembers; with the default, 2, it ignores what comes from a third one. */
    static final int PATHS = 4;

    private static final int RECEIVE_BUFFER = 1 << 20;

    /** How datagrams find their event loop. */
    enum Spread {
        /** The kernel's hash of addresses and ports. */
        HASH,
        /** The hash; what comes to a wrong loop is handed on by Netty's QuicCodecDispatcher. */
        DISPATCHER,
        /** The dispatcher, and in the kernel a program that knows its ids. */
        DISPATCHER_STEERED,
        /** Ids whose hash is the loop, in the kernel. */
        IDS
    }

    /**
     * The dispatcher's ids have 20 bytes and begin with the index of a loop. Those of a client's first packets are shorter
     * or random, and decide nothing.
     */
    private static final Steering BY_DISPATCHER_ID = Steering.of(Program.parse("""
                  ldb [0]
                  jset #0x80, long
                  ldh [1]             ; short header: the id is at 1
                  ret a
            long: ldb [5]
                  jne #20, hash
                  ldh [6]
                  ret a
            hash: ret #-1
            """));

    private final Spread spread;
    private final MultiThreadIoEventLoopGroup loops;
    private final IssuedIds issued = new IssuedIds();
    private final QuicConnectionIds ids = new QuicConnectionIds();
    private final QuicServerCodecBuilder codec;
    private final int slots;
    private final AtomicLongArray received;
    private final AtomicLongArray wrong;
    private final InetSocketAddress address;
    private final Runnable closing;

    QuicLoops(Spread spread, int slots, QuicSslContext ssl) {
        this.spread = spread;
        this.slots = slots;
        this.received = new AtomicLongArray(slots);
        this.wrong = new AtomicLongArray(slots);
        loops = new MultiThreadIoEventLoopGroup(slots, EpollIoHandler.newFactory());
        codec = new QuicServerCodecBuilder()
                .sslContext(ssl)
                .maxIdleTimeout(IDLE_SECONDS, TimeUnit.SECONDS)
                .activeConnectionIdLimit(PATHS)
                .initialMaxData(1 << 20)
                .initialMaxStreamDataBidirectionalRemote(1 << 16)
                .initialMaxStreamsBidirectional(100)
                .streamHandler(new ChannelInitializer<QuicStreamChannel>() {
                    @Override
                    protected void initChannel(QuicStreamChannel stream) {
                        stream.pipeline().addLast(new Echo());
                    }
                });
        InetSocketAddress any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        switch (spread) {
            case HASH, DISPATCHER -> {
                List<Channel> channels = bindUnsteered(any);
                address = (InetSocketAddress) channels.get(0).localAddress();
                closing = () -> channels.forEach(channel -> channel.close().syncUninterruptibly());
            }
            case DISPATCHER_STEERED, IDS -> {
                ReusePortGroup group = ReusePortGroup.builder(bootstrap(), slots)
                        .steering(spread == Spread.IDS ? Steering.quicConnectionId(ids) : BY_DISPATCHER_ID)
                        .offload(Offload.REQUIRED)
                        .bind(any)
                        .syncUninterruptibly()
                        .getNow();
                address = group.localAddress();
                closing = () -> group.close().syncUninterruptibly();
            }
            default -> throw new AssertionError(spread);
        }
    }

    private Bootstrap bootstrap() {
        return new Bootstrap()
                .group(loops)
                .channel(EpollDatagramChannel.class)
                .option(ChannelOption.SO_RCVBUF, RECEIVE_BUFFER)
                .option(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(2048))
                .handler(new ChannelInitializer<>() {
                    private final ChannelHandler dispatcher = dispatcher();

                    @Override
                    protected void initChannel(Channel channel) {
                        int slot = channel.attr(ReusePortGroup.SLOT).get();
                        channel.pipeline().addLast(new Arrivals(slot));
                        switch (spread) {
                            case HASH -> addCodec(channel, slot, QuicConnectionIdGenerator.randomGenerator());
                            case IDS -> addCodec(channel, slot, new SteeredConnectionIds(ids.forSlot(slot, slots)));
                            case DISPATCHER, DISPATCHER_STEERED ->
                                channel.pipeline().addLast(dispatcher);
                        }
                    }
                });
    }

    private List<Channel> bindUnsteered(InetSocketAddress first) {
        Bootstrap bootstrap = bootstrap();
        List<Channel> bound = new ArrayList<>();
        InetSocketAddress next = first;
        for (EventExecutor loop : loops) {
            Channel channel = bootstrap
                    .clone((EventLoop) loop)
                    .option(UnixChannelOption.SO_REUSEPORT, true)
                    .attr(ReusePortGroup.SLOT, bound.size())
                    .bind(next)
                    .syncUninterruptibly()
                    .channel();
            bound.add(channel);
            next = (InetSocketAddress) channel.localAddress();
        }
        return bound;
    }

    private void addCodec(Channel channel, int slot, QuicConnectionIdGenerator generator) {
        channel.pipeline()
                .addLast(codec.clone()
                        .connectionIdAddressGenerator(issued.remembering(generator, slot))
                        .build());
    }

    /** Its index of a channel is the slot, because the channels are registered in order. */
    private ChannelHandler dispatcher() {
        return new QuicCodecDispatcher() {
            @Override
            protected void initChannel(Channel channel, int idLength, QuicConnectionIdGenerator generator) {
                addCodec(channel, channel.attr(ReusePortGroup.SLOT).get(), generator);
            }
        };
    }

    InetSocketAddress address() {
        return address;
    }

    /** {@return how many datagrams the kernel has given to each loop} */
    List<Long> received() {
        return counts(received).boxed().toList();
    }

    /** {@return how many of them belonged to a connection of another loop} */
    long wrong() {
        return counts(wrong).sum();
    }

    private static LongStream counts(AtomicLongArray array) {
        return LongStream.range(0, array.length()).map(i -> array.get((int) i));
    }

    @Override
    public void close() {
        closing.run();
        loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).syncUninterruptibly();
    }

    /** Counts what the kernel gives to a loop. */
    private final class Arrivals extends ChannelInboundHandlerAdapter {
        private final int slot;

        Arrivals(int slot) {
            this.slot = slot;
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object msg) {
            received.incrementAndGet(slot);
            if (issued.isOfAnother(((DatagramPacket) msg).content(), slot)) {
                wrong.incrementAndGet(slot);
            }
            ctx.fireChannelRead(msg);
        }
    }

    private static final class Echo extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object msg) {
            ctx.writeAndFlush(msg);
        }
    }
}
