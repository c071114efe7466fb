package io.github.nettybpf.examples.servers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.util.SplittableRandom;
import java.util.concurrent.locks.LockSupport;

/** DNS queries, one in ten datagrams, among junk of several kinds: answers, queries of many questions, and noise. */
final class DnsJunk implements Runnable {
    private static final int PER_SECOND = 20_000;
    private static final int LONGEST = 700;
    private static final int ANSWER = 0x8180;
    private static final int QUERY = 0x0100;
    private static final int HEADER = 12;

    private final InetSocketAddress to;
    private final SplittableRandom random = new SplittableRandom(1);
    private volatile boolean stopped;

    DnsJunk(InetSocketAddress to) {
        this.to = to;
    }

    void stop() {
        stopped = true;
    }

    /** Sends until it is stopped. */
    @Override
    public void run() {
        ByteBuffer datagram = ByteBuffer.allocateDirect(LONGEST);
        try (DatagramChannel channel = DatagramChannel.open()) {
            channel.connect(to);
            long start = System.nanoTime();
            for (long sent = 0; !stopped; sent++) {
                datagram.clear();
                fill(datagram, sent % 10 == 0 ? 0 : random.nextInt(10));
                channel.write(datagram.flip());
                while (!stopped && System.nanoTime() - start < sent * 1_000_000_000L / PER_SECOND) {
                    LockSupport.parkNanos(50_000);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Fills in a query if the kind is 0, or else junk: half of it are answers, as in a reflection attack. */
    private void fill(ByteBuffer datagram, int kind) {
        switch (kind) {
            case 0 -> header(datagram, QUERY, 1).put(new byte[20]);
            case 1, 2, 3, 4, 5 -> header(datagram, ANSWER, 1).put(new byte[100]);
            case 6 -> header(datagram, QUERY, 1).put(new byte[LONGEST - HEADER]);
            case 7 -> datagram.put((byte) 0);
            default -> header(datagram, QUERY, 2 + random.nextInt(1000)).putLong(random.nextLong());
        }
    }

    private ByteBuffer header(ByteBuffer datagram, int flags, int questions) {
        return datagram.putShort((short) random.nextInt())
                .putShort((short) flags)
                .putShort((short) questions)
                .putShort((short) 0)
                .putInt(0);
    }
}
