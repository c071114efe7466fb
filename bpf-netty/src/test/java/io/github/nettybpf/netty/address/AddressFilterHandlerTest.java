package io.github.nettybpf.netty.address;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.github.nettybpf.core.address.AddressSet;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AddressFilterHandlerTest {
    private static final InetSocketAddress SERVER = new InetSocketAddress("192.0.2.1", 53);

    private static DatagramPacket from(String source) {
        return new DatagramPacket(Unpooled.directBuffer(4).writeInt(7), SERVER, new InetSocketAddress(source, 1024));
    }

    @ParameterizedTest
    @CsvSource({
        "10.1.2.3, true, false",
        "11.1.2.3, false, true",
        "2001:db8::7, true, false",
        "2001:db9::7, false, true",
        "::ffff:10.1.2.3, true, false",
        "0.0.0.0, false, true",
    })
    void datagramsAreJudgedByTheirSender(String source, boolean isAllowed, boolean isLeft) {
        AddressSet set = AddressSet.of("10.0.0.0/8", "2001:db8::/32");
        EmbeddedChannel allowing = new EmbeddedChannel(AddressFilterHandler.allowing(set));
        EmbeddedChannel denying = new EmbeddedChannel(AddressFilterHandler.denying(set));
        DatagramPacket first = from(source);
        DatagramPacket second = from(source);
        assertEquals(isAllowed, allowing.writeInbound(first));
        assertEquals(isLeft, denying.writeInbound(second));
        assertEquals(isAllowed ? 1 : 0, first.refCnt());
        assertEquals(isLeft ? 1 : 0, second.refCnt());
        allowing.finishAndReleaseAll();
        denying.finishAndReleaseAll();
    }

    @Test
    void aSourceThatIsNotKnownIsNotWanted() {
        AddressFilterHandler handler = AddressFilterHandler.denying(AddressSet.EMPTY);
        EmbeddedChannel channel = new EmbeddedChannel(handler);
        DatagramPacket none = new DatagramPacket(Unpooled.directBuffer(1), SERVER);
        DatagramPacket unresolved = new DatagramPacket(
                Unpooled.directBuffer(1), SERVER, InetSocketAddress.createUnresolved("example.org", 1));
        assertFalse(channel.writeInbound(none, unresolved));
        assertEquals(0, none.refCnt());
        assertEquals(0, unresolved.refCnt());
        assertEquals(2, handler.unknown());
        assertEquals(0, handler.unwanted());
        channel.finishAndReleaseAll();
    }

    @Test
    void setsAreChangedLive() {
        AddressSet ten = AddressSet.of("10.0.0.0/8");
        AddressFilterHandler handler = AddressFilterHandler.denying(AddressSet.EMPTY);
        EmbeddedChannel channel = new EmbeddedChannel(handler);
        assertTrue(channel.writeInbound(from("10.0.0.1")));
        handler.denySources(ten);
        assertSame(ten, handler.denied());
        assertEquals(AddressSet.of("0.0.0.0/0", "::/0"), handler.allowed());
        assertTrue(channel.writeInbound(from("11.0.0.1")));
        assertEquals(2, channel.inboundMessages().size());
        channel.writeInbound(from("10.0.0.1"));
        handler.denySources(AddressSet.EMPTY);
        handler.allowSources(ten);
        channel.writeInbound(from("11.0.0.1"));
        assertEquals(2, channel.inboundMessages().size());
        handler.denySources(AddressSet.of("10.0.0.1"));
        channel.writeInbound(from("10.0.0.1"), from("10.0.0.2"));
        assertEquals(3, channel.inboundMessages().size());
        assertEquals(3, handler.passed());
        assertEquals(3, handler.unwanted());
        assertEquals(0, handler.unknown());
        channel.finishAndReleaseAll();
    }

    /** A source that is in both sets is denied at every moment, one that is in none at no moment. */
    @Test
    void eachPacketIsJudgedByTheSetsOfOneMoment() throws Exception {
        AddressSet low = AddressSet.of("10.0.0.0/9", "10.128.0.1");
        AddressSet high = AddressSet.of("10.128.0.0/9");
        AddressFilterHandler handler = AddressFilterHandler.denying(low);
        AtomicBoolean isDone = new AtomicBoolean();
        Thread swapper = new Thread(() -> {
            while (!isDone.get()) {
                handler.denySources(high);
                handler.denySources(low);
            }
        });
        swapper.start();
        EmbeddedChannel channel = new EmbeddedChannel(handler);
        for (int i = 0; i < 10_000; i++) {
            assertFalse(channel.writeInbound(from("10.128.0.1")));
            assertTrue(channel.writeInbound(from("11.0.0.1")));
            channel.releaseInbound();
        }
        isDone.set(true);
        swapper.join();
        assertEquals(10_000, handler.passed());
        assertEquals(10_000, handler.unwanted());
        channel.finishAndReleaseAll();
    }

    @Test
    void whatHasNoSenderAndNoConnectionPasses() {
        EmbeddedChannel channel = new EmbeddedChannel(AddressFilterHandler.allowing(AddressSet.EMPTY));
        ByteBuf buffer = Unpooled.directBuffer(1);
        assertTrue(channel.writeInbound(buffer));
        assertSame(buffer, channel.readInbound());
        assertEquals(1, buffer.refCnt());
        channel.finish();
        buffer.release();
    }

    /** Counts what the handlers of an accepted channel see. */
    private static final class Watch extends ChannelInboundHandlerAdapter {
        final Map<InetAddress, Integer> active = new ConcurrentHashMap<>();
        final Map<InetAddress, Integer> added = new ConcurrentHashMap<>();

        private static InetAddress of(Channel channel) {
            return ((InetSocketAddress) channel.remoteAddress()).getAddress();
        }

        @Override
        public boolean isSharable() {
            return true;
        }

        @Override
        public void handlerAdded(ChannelHandlerContext ctx) {
            added.merge(of(ctx.channel()), 1, Integer::sum);
        }

        @Override
        public void channelActive(ChannelHandlerContext ctx) {
            active.merge(of(ctx.channel()), 1, Integer::sum);
            ctx.writeAndFlush(Unpooled.copyInt(7));
        }
    }

    /** In the pipeline of the listener, a connection that is not wanted never has one. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void connectionsAreClosed(boolean isInListener) throws Exception {
        AddressFilterHandler handler = AddressFilterHandler.denying(AddressSet.of("127.0.0.2"));
        Watch watch = new Watch();
        MultiThreadIoEventLoopGroup group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        try {
            Channel server = new ServerBootstrap()
                    .group(group)
                    .channel(NioServerSocketChannel.class)
                    .handler(isInListener ? handler : new ChannelInboundHandlerAdapter())
                    .childHandler(new ChannelInitializer<Channel>() {
                        @Override
                        protected void initChannel(Channel ch) {
                            ChannelHandler[] all = {handler, watch};
                            ch.pipeline().addLast(isInListener ? new ChannelHandler[] {watch} : all);
                        }
                    })
                    .bind(new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), 0))
                    .sync()
                    .channel();
            InetAddress wanted = InetAddress.getByAddress(new byte[] {127, 0, 0, 1});
            InetAddress denied = InetAddress.getByAddress(new byte[] {127, 0, 0, 2});
            for (InetAddress source : Stream.of(wanted, denied, wanted, denied).toList()) {
                try (Socket client = new Socket()) {
                    client.bind(new InetSocketAddress(source, 0));
                    client.connect(server.localAddress());
                    client.setSoTimeout((int) TimeUnit.MINUTES.toMillis(1));
                    assertEquals(source.equals(wanted) ? 4 : 0, readAll(client), source::toString);
                }
            }
            assertEquals(Map.of(wanted, 2), watch.active);
            assertEquals(2, watch.added.get(wanted));
            if (isInListener) {
                assertNull(watch.added.get(denied));
            } else {
                assertNotNull(watch.added.get(denied));
            }
            assertEquals(2, handler.passed());
            assertEquals(2, handler.unwanted());
        } finally {
            group.shutdownGracefully(0, 10, TimeUnit.SECONDS).syncUninterruptibly();
        }
    }

    /** {@return how many bytes come: four, or none before the end or a reset} */
    private static int readAll(Socket client) throws IOException {
        try {
            return client.getInputStream().readNBytes(4).length;
        } catch (SocketException reset) {
            return 0;
        }
    }

    /** Of an IPv6 address, the JDK copies the bytes. */
    @Test
    @Tag("optimized")
    void judgingAnIpv4SourceAllocatesNothing() {
        AddressSet.Builder set = AddressSet.builder();
        for (int i = 0; i < 100_000; i++) {
            set.addAll("10." + (i >> 16 & 255) + "." + (i >> 8 & 255) + "." + (i & 255));
        }
        EmbeddedChannel channel = new EmbeddedChannel(AddressFilterHandler.denying(set.build()));
        // Not watched by the leak detector, which allocates.
        ByteBuf content = new UnpooledByteBufAllocator(true, true).buffer().writeZero(100);
        DatagramPacket packet = new DatagramPacket(content, SERVER, new InetSocketAddress("10.0.0.7", 1024));
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        int rounds = 100_000;
        long least = Long.MAX_VALUE;
        long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(2);
        // Until the JVM's compiler has come to it, in the background.
        while (least >= rounds && System.nanoTime() < end) {
            long before = threads.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < rounds; i++) {
                packet.retain();
                channel.pipeline().fireChannelRead(packet);
            }
            least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
        }
        assertTrue(least < rounds, "allocated " + least + " bytes for " + rounds + " packets");
        assertEquals(1, packet.refCnt());
        channel.finish();
        packet.release();
    }

    @Test
    void tellsItsSetsAndFigures() {
        AddressFilterHandler handler = AddressFilterHandler.denying(AddressSet.of("192.0.2.0/24"));
        EmbeddedChannel channel = new EmbeddedChannel(handler);
        InetSocketAddress here = new InetSocketAddress("198.51.100.1", 53);
        for (String sender : List.of("192.0.2.1", "192.0.3.1", "192.0.1.1")) {
            channel.writeInbound(new DatagramPacket(Unpooled.EMPTY_BUFFER, here, new InetSocketAddress(sender, 1000)));
        }
        assertEquals(
                "AddressFilterHandler(denied [192.0.2.0/24], allowed all: 2 passed, 1 unwanted, 0 unknown)",
                handler.toString());
        channel.finishAndReleaseAll();
    }
}
