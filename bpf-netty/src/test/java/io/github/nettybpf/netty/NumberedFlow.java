package io.github.nettybpf.netty;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelOption;
import io.netty.channel.unix.Buffer;
import io.netty.channel.unix.IntegerUnixChannelOption;
import io.netty.channel.unix.Socket;
import io.netty.util.internal.CleanableDirectBuffer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongUnaryOperator;

/**
 * Datagrams at a steady rate, in which each has a number: 8 bytes of it in the order of this machine, then one byte
 * that tells its kind, then filling. It sends until it is stopped, or has sent as many as it may.
 */
final class NumberedFlow implements Runnable {
    static final int LENGTH = 32;

    private static final long PAUSE_NANOS = 50_000;

    private final InetSocketAddress to;
    private final long perSecond;
    private final long most;
    private final LongUnaryOperator kind;
    private final AtomicLong sent = new AtomicLong();
    private volatile boolean stopped;

    /**
     * A flow that has not begun.
     *
     * @param kind gives the kind of the datagram with a number
     */
    NumberedFlow(InetSocketAddress to, long perSecond, long most, LongUnaryOperator kind) {
        this.to = to;
        this.perSecond = perSecond;
        this.most = most;
        this.kind = kind;
    }

    @Override
    public void run() {
        CleanableDirectBuffer memory = Buffer.allocateDirectBufferWithNativeOrder(LENGTH);
        Socket socket = Socket.newSocketDgram();
        try {
            socket.connect(to);
            long start = System.nanoTime();
            for (long number = 0; !stopped && number < most; number++) {
                memory.buffer().clear().putLong(0, number).put(8, (byte) kind(number));
                socket.write(memory.buffer(), 0, LENGTH);
                sent.lazySet(number + 1);
                while (System.nanoTime() - start < number * 1_000_000_000L / perSecond) {
                    LockSupport.parkNanos(PAUSE_NANOS);
                }
            }
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            memory.clean();
        }
    }

    /** {@return the kind of the datagram with this number} */
    int kind(long number) {
        return (int) kind.applyAsLong(number);
    }

    /** {@return how many datagrams were sent; one more may be under way} */
    long sent() {
        return sent.get();
    }

    void awaitPackets(long more) {
        long until = sent.get() + more;
        Transport.await(() -> "sent " + sent + " of " + until, () -> sent.get() >= until);
    }

    void stop() {
        stopped = true;
    }

    /** {@return the number of a datagram that was received} */
    static long number(ByteBuf content) {
        return ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN
                ? content.getLongLE(content.readerIndex())
                : content.getLong(content.readerIndex());
    }

    /** {@return the kind of a datagram that was received} */
    static int kind(ByteBuf content) {
        return content.getByte(content.readerIndex() + 8);
    }

    /** Gives the channel a long receive queue: as root; for others more datagrams overflow, and are counted. */
    static void forceReceiveBuffer(Channel channel) {
        IntegerUnixChannelOption force = new IntegerUnixChannelOption("SO_RCVBUFFORCE", 1, 33);
        try {
            channel.config().setOption(force, 8 << 20);
        } catch (ChannelException notRoot) {
            channel.config().setOption(ChannelOption.SO_RCVBUF, 8 << 20);
        }
    }

    /**
     * {@return how many datagrams the kernel dropped because a queue was full}: a receive queue of this network
     * namespace, or the backlog of a CPU, on which loopback puts what it sends.
     */
    static long overflow() {
        try {
            List<String> udp = Files.readAllLines(Path.of("/proc/net/snmp")).stream()
                    .filter(line -> line.startsWith("Udp:"))
                    .toList();
            List<String> names = List.of(udp.get(0).split(" ", -1));
            long dropped = Long.parseLong(udp.get(1).split(" ", -1)[names.indexOf("RcvbufErrors")]);
            for (String cpu : Files.readAllLines(Path.of("/proc/net/softnet_stat"))) {
                dropped += Long.parseLong(cpu.split(" ", -1)[1], 16);
            }
            return dropped;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
