package io.github.nettybpf.benchmarks.address;

import io.github.nettybpf.benchmarks.address.AddressLists.Prefix;
import io.github.nettybpf.core.address.AddressSet;
import io.github.nettybpf.netty.address.AddressFilterHandler;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.socket.DatagramPacket;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Swaps large sets of denied addresses, each of which is made anew, while a thread sends datagrams on loopback as fast as
 * it can. Each datagram has to be judged by the set before or after it was judged. Prints how many were, how many a
 * second, and the memory in use after garbage collection, at the start and after the last swap.
 */
final class AddressSwaps {
    /** The last bytes of the sources: 2 is in all sets, 3 and 4 are in every second one, and 5 is in none. */
    private static final int[] SOURCES = {2, 3, 4, 5};

    /** After so many swaps the memory in use is printed. */
    private static final int EVERY = 100;

    private static final List<AddressSet> SETS = List.of(AddressSet.of("127.0.0.3"), AddressSet.of("127.0.0.4"));

    private final AddressFilterHandler filter;
    private volatile boolean isDone;

    // How many swaps there were.
    private volatile int begun;
    private volatile int ended;

    // Of the event loop.
    private boolean hasPassed;
    private long judged;
    private long judgedDuringSwap;
    private long wrong;

    private AddressSwaps(AddressSet set) {
        filter = AddressFilterHandler.denying(set);
    }

    /**
     * Measures and prints.
     *
     * @param args the number of swaps, and of prefixes in a set; 1,000 and 1,000,000 if left out
     * @throws IOException if a socket fails
     * @throws InterruptedException if the thread is interrupted
     */
    public static void main(String[] args) throws IOException, InterruptedException {
        int swaps = args.length > 0 ? Integer.parseInt(args[0]) : 1_000;
        int count = args.length > 1 ? Integer.parseInt(args[1]) : 1_000_000;
        AddressSet.Builder builder = AddressSet.builder();
        for (Prefix prefix : new AddressLists(AddressFamily.BOTH, count).prefixes()) {
            if (!prefix.isIpv4() || prefix.high() >>> 56 != 127) {
                builder.add(prefix.address(), prefix.length());
            }
        }
        builder.addAll("127.0.0.2");
        new AddressSwaps(builder.build().union(SETS.get(0))).swap(builder, swaps);
    }

    private void swap(AddressSet.Builder builder, int swaps) throws IOException, InterruptedException {
        MultiThreadIoEventLoopGroup group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
        Channel server = new Bootstrap()
                .group(group)
                .channel(EpollDatagramChannel.class)
                .option(ChannelOption.SO_RCVBUF, 1 << 20)
                .option(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(128))
                .handler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline().addLast(new Before(), filter, new After());
                    }
                })
                .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .sync()
                .channel();
        Thread sender = new Thread(() -> send((InetSocketAddress) server.localAddress()), "sender");
        long heapBefore = used();
        sender.start();
        long start = System.nanoTime();
        for (int i = 1; i <= swaps; i++) {
            AddressSet set = builder.build().union(SETS.get(i % 2));
            begun = i;
            filter.denySources(set);
            ended = i;
            if (i % EVERY == 0) {
                System.out.printf(Locale.ROOT, "%,d swaps, %.1f MiB in use%n", i, mebibytes(used()));
            }
        }
        double seconds = (System.nanoTime() - start) / 1e9;
        isDone = true;
        sender.join();
        group.shutdownGracefully().sync();
        System.out.printf(
                Locale.ROOT,
                "%,d swaps, each of a new set of %s, in %.0f s%n%,d datagrams judged, %,.0f a second; the set changed while"
                        + " %,d were judged; %,d by no set%nmemory in use: %,.1f MiB before, %,.1f MiB after%n",
                swaps,
                filter.denied(),
                seconds,
                judged,
                judged / seconds,
                judgedDuringSwap,
                wrong,
                mebibytes(heapBefore),
                mebibytes(used()));
        if (wrong > 0) {
            System.exit(1);
        }
    }

    private void send(InetSocketAddress to) {
        List<DatagramChannel> sources = new ArrayList<>();
        try {
            for (int last : SOURCES) {
                DatagramChannel source = DatagramChannel.open();
                sources.add(source);
                source.bind(new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, (byte) last}), 0));
                source.connect(to);
            }
            ByteBuffer payload = ByteBuffer.allocateDirect(64);
            while (!isDone) {
                for (DatagramChannel source : sources) {
                    source.write(payload.clear());
                }
            }
            for (DatagramChannel source : sources) {
                source.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static double mebibytes(long bytes) {
        return bytes / (double) (1 << 20);
    }

    private static long used() {
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }

    /** Compares what the filter does with the set before and after it. */
    private final class Before extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object msg) {
            InetAddress source = ((DatagramPacket) msg).sender().getAddress();
            int endedBefore = ended;
            AddressSet before = filter.denied();
            hasPassed = false;
            ctx.fireChannelRead(msg);
            boolean isSwapped = begun != endedBefore;
            boolean isOfOne = hasPassed != before.contains(source)
                    || (isSwapped && hasPassed != filter.denied().contains(source));
            judged++;
            judgedDuringSwap += isSwapped ? 1 : 0;
            wrong += isOfOne ? 0 : 1;
        }
    }

    /** The end of the pipeline. */
    private final class After extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object msg) {
            hasPassed = true;
            ReferenceCountUtil.release(msg);
        }
    }
}
