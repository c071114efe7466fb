package io.github.nettybpf.examples.servers;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;

/**
 * The demo's other process: sends packets to a port on loopback, one in so many of them wanted, and prints how many it has
 * sent.
 */
final class DemoTraffic {
    private static final int PACKET = 64;
    private static final int DIFFERENT = 1024;
    private static final int BURST = 20;
    private static final long REPORT_NANOS = 500_000_000L;

    /** How many packets were sent so far: a line of the output. */
    record Sent(long packets, long wanted) {
        static Sent parse(String line) {
            String[] numbers = line.split(" ", 2);
            return new Sent(Long.parseLong(numbers[0]), Long.parseLong(numbers[1]));
        }
    }

    private DemoTraffic() {}

    /** Takes the port, of how many packets one is wanted, the packets per second or 0 for all that it can, and the seconds. */
    public static void main(String[] args) throws IOException {
        int port = Integer.parseInt(args[0]);
        int wantedIn = Integer.parseInt(args[1]);
        long perSecond = Long.parseLong(args[2]);
        long nanos = TimeUnit.SECONDS.toNanos(Long.parseLong(args[3]));
        ByteBuffer[] junk = junk();
        ByteBuffer wantedPacket = ByteBuffer.allocateDirect(PACKET).putInt(0, Demo.MAGIC);
        long sent = 0;
        long wanted = 0;
        try (DatagramChannel channel = DatagramChannel.open()) {
            channel.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            long start = System.nanoTime();
            long reported = start;
            for (long now = start; now - start < nanos; now = System.nanoTime()) {
                if (perSecond > 0 && (now - start) * perSecond < sent * 1_000_000_000L) {
                    Thread.onSpinWait();
                    continue;
                }
                for (int i = 0; i < BURST; i++) {
                    boolean isWanted = sent % wantedIn == wantedIn / 2;
                    channel.write((isWanted ? wantedPacket : junk[(int) (sent % DIFFERENT)]).clear());
                    sent++;
                    wanted += isWanted ? 1 : 0;
                }
                if (now - reported > REPORT_NANOS) {
                    reported += REPORT_NANOS;
                    System.out.println(sent + " " + wanted);
                }
            }
        }
        System.out.println(sent + " " + wanted);
    }

    private static ByteBuffer[] junk() {
        SplittableRandom random = new SplittableRandom(1);
        ByteBuffer[] junk = new ByteBuffer[DIFFERENT];
        for (int i = 0; i < junk.length; i++) {
            junk[i] = ByteBuffer.allocateDirect(PACKET)
                    .putInt(0, random.nextInt() & ~2) // the wanted number has this bit
                    .putLong(8, random.nextLong());
        }
        return junk;
    }
}
