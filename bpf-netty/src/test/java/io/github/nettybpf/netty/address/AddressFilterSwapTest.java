package io.github.nettybpf.netty.address;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.nettybpf.core.address.AddressSet;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.util.ReferenceCountUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Datagrams on a real socket while the sets change: each is judged by the old or the new one. */
class AddressFilterSwapTest {
    private static final int DATAGRAMS = 20_000;
    private static final AddressSet OLD = AddressSet.of("127.0.0.2", "127.0.0.3", "10.0.0.0/8", "2001:db8::/32");
    private static final AddressSet NEW = AddressSet.of("127.0.0.2", "127.0.0.4", "11.0.0.0/8");

    private final AddressFilterHandler filter = AddressFilterHandler.denying(OLD);
    private final MultiThreadIoEventLoopGroup group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final List<DatagramChannel> sources = new ArrayList<>();

    // Of the event loop, and read after it has ended.
    private final Map<Integer, Integer> passed = new TreeMap<>();
    private final List<String> wrong = new ArrayList<>();
    private boolean hasPassed;
    private volatile int judged;

    // Of the thread that swaps.
    private volatile int begun;
    private volatile int ended;

    @AfterEach
    void end() throws Exception {
        for (DatagramChannel source : sources) {
            source.close();
        }
        group.shutdownGracefully(0, 10, TimeUnit.SECONDS).syncUninterruptibly();
    }

    private static int last(InetAddress address) {
        return address.getAddress()[3];
    }

    /** Before the filter: without a swap meanwhile, the set of before has to judge, and otherwise any of the two. */
    private final class Before extends ChannelInboundHandlerAdapter {
        @Override
        @SuppressWarnings("NonAtomicVolatileUpdate")
        public void channelRead(ChannelHandlerContext ctx, Object msg) {
            InetAddress source = ((DatagramPacket) msg).sender().getAddress();
            int endedBefore = ended;
            AddressSet before = filter.denied();
            hasPassed = false;
            ctx.fireChannelRead(msg);
            List<AddressSet> sets = begun == endedBefore ? List.of(before) : List.of(OLD, NEW);
            if (sets.stream().allMatch(set -> set.contains(source) == hasPassed)) {
                wrong.add(source + (hasPassed ? " passed" : " did not pass") + ": " + sets);
            }
            judged++;
        }
    }

    private final class After extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object msg) {
            hasPassed = true;
            passed.merge(last(((DatagramPacket) msg).sender().getAddress()), 1, Integer::sum);
            ReferenceCountUtil.release(msg);
        }
    }

    @Test
    @SuppressWarnings("NonAtomicVolatileUpdate")
    void eachDatagramIsJudgedByTheOldOrTheNewSet() throws Exception {
        Channel server = new Bootstrap()
                .group(group)
                .channel(NioDatagramChannel.class)
                .handler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline().addLast(new Before(), filter, new After());
                    }
                })
                .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .sync()
                .channel();
        for (int last = 2; last <= 5; last++) {
            DatagramChannel source = DatagramChannel.open();
            sources.add(source);
            source.bind(new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, (byte) last}), 0));
            source.connect(server.localAddress());
        }
        ByteBuffer payload = ByteBuffer.allocate(8);
        while (judged < DATAGRAMS) {
            for (DatagramChannel source : sources) {
                source.write(payload.clear());
            }
            begun++;
            filter.denySources(begun % 2 == 0 ? OLD : NEW);
            ended++;
        }
        server.close().sync();
        group.shutdownGracefully(0, 10, TimeUnit.SECONDS).syncUninterruptibly();

        assertEquals(List.of(), wrong);
        assertEquals(judged, filter.passed() + filter.unwanted());
        assertEquals(0, filter.unknown());
        assertEquals(
                filter.passed(),
                passed.values().stream().mapToInt(Integer::intValue).sum());
        assertTrue(passed.containsKey(5), "in no set: " + passed);
        assertFalse(passed.containsKey(2), "in both sets: " + passed);
    }
}
