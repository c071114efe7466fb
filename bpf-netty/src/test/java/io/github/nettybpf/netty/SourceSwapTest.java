package io.github.nettybpf.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.nettybpf.core.Program;
import io.github.nettybpf.core.address.AddressSet;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.unix.Buffer;
import io.netty.channel.unix.Socket;
import io.netty.util.internal.CleanableDirectBuffer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Sets that change under traffic. 127.0.0.4 is denied by none of them, and 127.0.0.9 by all: each datagram is judged by
 * the old set or the new one, so that all of the first arrive, in order, and none of the second.
 */
class SourceSwapTest {
    /** So many datagrams on the way do not fill the receive buffer. */
    private static final int WINDOW = 24;

    private static final List<String> SOURCES = List.of("127.0.0.4", "127.0.0.2", "127.0.0.3", "127.0.0.9");

    private final AtomicLong sent = new AtomicLong();
    private final AtomicLong received = new AtomicLong();
    private final AtomicLong wrong = new AtomicLong();
    private volatile boolean stopped;

    private void send(InetSocketAddress to) {
        CleanableDirectBuffer memory = Buffer.allocateDirectBufferWithNativeOrder(Long.BYTES);
        Socket[] sockets = new Socket[SOURCES.size()];
        try {
            for (int i = 0; i < sockets.length; i++) {
                sockets[i] = Socket.newSocketDgram();
                sockets[i].bind(new InetSocketAddress(SOURCES.get(i), 0));
                sockets[i].connect(to);
            }
            while (!stopped) {
                while (sent.get() - received.get() > WINDOW && !stopped) {
                    LockSupport.parkNanos(10_000);
                }
                memory.buffer().putLong(0, sent.getAndIncrement());
                for (Socket socket : sockets) {
                    socket.write(memory.buffer(), 0, Long.BYTES);
                }
            }
            for (Socket socket : sockets) {
                socket.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            memory.clean();
        }
    }

    private final class Receiver extends SimpleChannelInboundHandler<DatagramPacket> {
        private final InetAddress kept;
        private final InetAddress denied;

        Receiver() throws IOException {
            kept = InetAddress.getByName("127.0.0.4");
            denied = InetAddress.getByName("127.0.0.9");
        }

        @Override
        protected void channelRead0(ChannelHandlerContext ctx, DatagramPacket packet) {
            InetAddress sender = packet.sender().getAddress();
            if (sender.equals(kept)) {
                long number = packet.content()
                        .nioBuffer()
                        .order(ByteOrder.nativeOrder())
                        .getLong();
                if (number != received.getAndIncrement()) {
                    wrong.incrementAndGet();
                }
            } else if (sender.equals(denied)) {
                wrong.incrementAndGet();
            }
        }
    }

    private static AddressSet many(String two, long seed) {
        Random random = new Random(seed);
        AddressSet.Builder set = AddressSet.builder().addAll(two);
        for (int i = 0; i < 20_000; i++) {
            set.addAll("10." + random.nextInt(256) + "." + random.nextInt(256) + "." + random.nextInt(256));
        }
        return set.build();
    }

    private void swap(Transport transport, int most, long end) throws Exception {
        List<AddressSet> sets = List.of(
                AddressSet.of("127.0.0.2", "127.0.0.9"),
                AddressSet.of("127.0.0.3", "127.0.0.9"),
                many("127.0.0.2\n127.0.0.9", 1),
                many("127.0.0.3\n127.0.0.9", 2));
        BpfFilterHandler handler = BpfFilterHandler.builder(Program.parse("ret #-1"))
                .denySources(sets.get(0))
                .build();
        MultiThreadIoEventLoopGroup group = transport.group();
        Receiver receiver = new Receiver();
        Channel channel = new Bootstrap()
                .group(group)
                .channel(transport.channel)
                .handler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel ch) {
                        ch.pipeline().addLast(handler, receiver);
                    }
                })
                .bind(transport.anyAddress())
                .sync()
                .channel();
        Thread sender = new Thread(() -> send((InetSocketAddress) channel.localAddress()));
        long began = System.nanoTime();
        sender.start();
        int swaps = 0;
        while (swaps < most && System.nanoTime() < end && wrong.get() == 0) {
            assertTrue(handler.denySources(sets.get(swaps++ % sets.size()))
                    .await(Transport.PATIENCE_SECONDS, TimeUnit.SECONDS));
            long seen = received.get();
            Transport.await(() -> "datagrams after change " + received, () -> received.get() > seen + WINDOW);
        }
        stopped = true;
        sender.join();
        Transport.await(() -> sent + " sent, received: " + received, () -> received.get() == sent.get());
        double seconds = (System.nanoTime() - began) / 1e9;
        channel.close().sync();
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
        assertEquals(0, wrong.get());
        System.out.printf(
                "%s: %d changes of sets, %d datagrams, %.0f a second, each judged by one of them%n",
                transport, swaps, SOURCES.size() * sent.get(), SOURCES.size() * sent.get() / seconds);
    }

    @ParameterizedTest
    @EnumSource(names = "EPOLL_UNIX", mode = EnumSource.Mode.EXCLUDE)
    void eachDatagramIsJudgedByOneOfTheSets(Transport transport) throws Exception {
        swap(transport, 40, Long.MAX_VALUE);
    }

    @ParameterizedTest
    @Tag("soak")
    @EnumSource(names = "EPOLL_UNIX", mode = EnumSource.Mode.EXCLUDE)
    void forLong(Transport transport) throws Exception {
        swap(transport, Integer.MAX_VALUE, System.nanoTime() + Long.getLong("soak.seconds", 60) * 1_000_000_000L / 3);
    }
}
