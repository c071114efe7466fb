package io.github.nettybpf.examples.servers;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.util.SplittableRandom;

/**
 * The demo's other process: sends packets to a port on loopback, one in a hundred of them wanted, and prints how many
 * it has sent.
 */
final class DemoTraffic {
    private static final int PACKET = 64;
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

    /** Takes the port, the packets per second, and the seconds. */
    public static void main(String[] args) throws IOException {
        int port = Integer.parseInt(args[0]);
        long perSecond = Long.parseLong(args[1]);
        long packets = perSecond * Long.parseLong(args[2]);
        SplittableRandom random = new SplittableRandom(1);
        ByteBuffer packet = ByteBuffer.allocateDirect(PACKET);
        long wanted = 0;
        try (DatagramChannel channel = DatagramChannel.open()) {
            channel.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            long start = System.nanoTime();
            long reported = start;
            for (long sent = 0; sent < packets; sent++) {
                boolean isWanted = sent % 100 == 50;
                packet.clear()
                        .putInt(0, isWanted ? Demo.MAGIC : random.nextInt() & ~2)
                        .putLong(8, random.nextLong());
                channel.write(packet);
                wanted += isWanted ? 1 : 0;
                if (sent % BURST == 0) {
                    while ((System.nanoTime() - start) * perSecond < sent * 1_000_000_000L) {
                        Thread.onSpinWait();
                    }
                }
                if (sent % 1000 == 0 && System.nanoTime() - reported > REPORT_NANOS) {
                    reported += REPORT_NANOS;
                    System.out.println(sent + " " + wanted);
                }
            }
        }
        System.out.println(packets + " " + wanted);
    }
}
