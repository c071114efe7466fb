package io.github.nettybpf.examples.servers;

import io.github.nettybpf.core.address.AddressSet;
import io.netty.channel.unix.Buffer;
import io.netty.channel.unix.Socket;
import io.netty.util.internal.CleanableDirectBuffer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * Datagrams from addresses of a block list, chosen by Zipf's law, and among them wanted ones from 127.0.0.1. Each is sent
 * by a socket of its own, because a socket has one address.
 */
final class BlockListTraffic {
    private static final int LENGTH = 32;

    /** One datagram of so many is wanted. */
    private static final int WANTED_IN = 20;

    /** After so many datagrams, the receiver may catch up. */
    private static final int BURST = 500;

    private static final long PAUSE_NANOS = 1_000_000;
    private static final int WARM_UP = 5000;

    private final Random random = new Random(1);
    private final InetAddress[] addresses;

    /** The weight of the hottest ones up to each. */
    private final double[] weights;

    private final AddressSet list;
    private final AtomicLong junk = new AtomicLong();
    private final AtomicLong wanted = new AtomicLong();
    private volatile int shift;
    private volatile boolean stopped;

    /**
     * Traffic that has not begun.
     *
     * @param denied how many addresses the list has, about
     * @param exponent of Zipf's law
     */
    BlockListTraffic(int denied, double exponent) {
        addresses = new InetAddress[denied];
        weights = new double[denied];
        AddressSet.Builder builder = AddressSet.builder();
        double sum = 0;
        for (int i = 0; i < denied; i++) {
            byte[] address = {
                127, (byte) (1 + random.nextInt(255)), (byte) random.nextInt(256), (byte) random.nextInt(255)
            };
            try {
                addresses[i] = InetAddress.getByAddress(address);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            builder.add(addresses[i]);
            sum += Math.pow(i + 1, -exponent);
            weights[i] = sum;
        }
        list = builder.build();
    }

    AddressSet list() {
        return list;
    }

    /** {@return how many datagrams from the list were sent} From any thread. */
    long junk() {
        return junk.get();
    }

    /** {@return how many wanted ones were sent} From any thread. */
    long wanted() {
        return wanted.get();
    }

    /** Makes others the hottest. From any thread. */
    void moveHottest() {
        shift = addresses.length / 2;
    }

    void stop() {
        stopped = true;
    }

    /** Sends wanted ones alone, slowly: a JVM that has just started is no measure. */
    void warmUp(InetSocketAddress to) {
        send(to, true, WARM_UP);
    }

    /** Sends until it is stopped. */
    void send(InetSocketAddress to) {
        send(to, false, Long.MAX_VALUE);
    }

    private void send(InetSocketAddress to, boolean isWarmUp, long most) {
        CleanableDirectBuffer memory = Buffer.allocateDirectBufferWithNativeOrder(LENGTH);
        InetAddress self = InetAddress.getLoopbackAddress();
        try {
            for (long number = 0; !stopped && number < most; number++) {
                boolean isWanted = isWarmUp || number % WANTED_IN == 0;
                send(memory.buffer(), isWanted ? self : next(), to);
                (isWanted ? wanted : junk).incrementAndGet();
                if (isWarmUp || number % BURST == 0) {
                    LockSupport.parkNanos(isWarmUp ? PAUSE_NANOS / 4 : PAUSE_NANOS);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            memory.clean();
        }
    }

    private static void send(ByteBuffer content, InetAddress from, InetSocketAddress to) throws IOException {
        Socket socket = Socket.newSocketDgram();
        try {
            socket.bind(new InetSocketAddress(from, 0));
            socket.sendTo(content, 0, LENGTH, to.getAddress(), to.getPort());
        } finally {
            socket.close();
        }
    }

    private InetAddress next() {
        int rank = Arrays.binarySearch(weights, random.nextDouble() * weights[weights.length - 1]);
        return addresses[((rank < 0 ? ~rank : rank) + shift) % addresses.length];
    }
}
