package io.github.nettybpf.netty.source;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.nettybpf.core.Packet;
import io.github.nettybpf.core.Placement;
import io.github.nettybpf.core.address.AddressPrefix;
import io.github.nettybpf.core.address.AddressSet;
import io.github.nettybpf.netty.address.HotSource;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Simulated junk from a denied set of 100,000 addresses, in rounds of one second, and how much the kernel would drop. */
class HotPrefixesTest {
    private static final int ADDRESSES = 100_000;
    private static final int BUDGET = 4000;
    private static final int PER_SECOND = 50_000;

    private static final int[] ADDRESS = new int[ADDRESSES];
    private static AddressSet denied = AddressSet.EMPTY;

    /** The sum of the weights of the hottest ones up to each. */
    private static final double[] ZIPF = new double[ADDRESSES];

    /** Which part of the junk the kernel dropped in each second of 90 in which the hottest stay the same. */
    private static final double[] DROPPED = new double[90];

    /** How often what the kernel drops has changed until the end of each second. */
    private static final int[] CHANGES = new int[DROPPED.length];

    /** The hottest after 20 seconds. */
    private static List<HotSource> hottest = List.of();

    /** Which part of the junk the kernel dropped ten seconds after the hottest had become others. */
    private static double droppedAfterMove;

    @BeforeAll
    static void denyRandomAddresses() {
        Random random = new Random(1);
        AddressSet.Builder set = AddressSet.builder();
        double sum = 0;
        for (int i = 0; i < ADDRESSES; i++) {
            ADDRESS[i] = random.nextInt();
            int a = ADDRESS[i];
            set.addAll((a >>> 24) + "." + (a >>> 16 & 255) + "." + (a >>> 8 & 255) + "." + (a & 255));
            sum += Math.pow(i + 1, -1.1);
            ZIPF[i] = sum;
        }
        denied = set.build();
        simulate();
    }

    private static void simulate() {
        Simulation simulation = new Simulation();
        for (int second = 0; second < DROPPED.length; second++) {
            DROPPED[second] = simulation.second(0, PER_SECOND);
            CHANGES[second] = simulation.changes;
            if (second == 19) {
                hottest = simulation.hot.hottest(3);
            }
        }
        for (int second = 0; second < 10; second++) {
            droppedAfterMove = simulation.second(50_000, PER_SECOND);
        }
    }

    private static final class Simulation {
        final Random random = new Random(2);
        final HotPrefixes hot = new HotPrefixes(denied);
        AddressSet kernel = AddressSet.EMPTY;
        int changes;

        /** {@return which part of the junk of one second the kernel drops} */
        double second(int shift, int packets) {
            SourceSamples samples = new SourceSamples();
            Source source = new Source();
            int dropped = 0;
            for (int i = 0; i < packets; i++) {
                int rank = Arrays.binarySearch(ZIPF, random.nextDouble() * ZIPF[ADDRESSES - 1]);
                int address = ADDRESS[((rank < 0 ? ~rank : rank) + shift) % ADDRESSES];
                if (kernel.containsIpv4(address) && random.nextInt(HotPrefixes.ONE_IN) != 0) {
                    dropped++;
                } else {
                    source.read(packet(address), Placement.IP);
                    samples.add(source);
                }
            }
            hot.add(samples, 1);
            Map<AddressPrefix, Double> chosen = hot.choose(BUDGET);
            if (!chosen.isEmpty()) {
                kernel = HotSources.setOf(chosen.keySet());
                hot.enforce(chosen);
                changes++;
            }
            return (double) dropped / packets;
        }
    }

    private static Packet packet(int address) {
        return Packet.of(
                ByteBuffer.allocate(20).put(0, (byte) 0x45).putInt(12, address).array());
    }

    /** The 3,600 hottest of 100,000 send 83 % of the junk: more do not fit a program. */
    @Test
    void theKernelSoonDropsWhatItCanAndFollowsTheHottest() {
        assertEquals(0, DROPPED[0]);
        assertTrue(DROPPED[5] > 0.75, () -> "after 5 s: " + DROPPED[5]);
        assertTrue(DROPPED[29] > 0.78, () -> "after 30 s: " + DROPPED[29]);
        assertTrue(droppedAfterMove > 0.75, () -> "10 s after the hottest are others: " + droppedAfterMove);
    }

    @Test
    void ratesOfTheHottestAreToldOfThoseInTheKernelToo() {
        HotSource first = hottest.get(0);
        assertEquals(
                ADDRESS[0],
                ByteBuffer.wrap(first.prefix().address().getAddress()).getInt());
        assertTrue(first.inKernel());
        double expected = PER_SECOND * ZIPF[0] / ZIPF[ADDRESSES - 1];
        assertEquals(expected, first.packetsPerSecond(), expected / 2);
    }

    /** A program is not replaced for the sake of noise. */
    @Test
    void whatStaysTheSameChangesSeldom() {
        int changes = CHANGES[89] - CHANGES[29];
        assertTrue(changes <= 20, () -> "changes in a minute: " + changes);
    }

    @Test
    void nothingIsChosenOfNothing() {
        HotPrefixes hot = new HotPrefixes(denied);
        hot.add(new SourceSamples(), 1);
        assertEquals(Map.of(), hot.choose(BUDGET));
        assertEquals(List.of(), hot.hottest(20));
    }

    /** One prefix of many addresses counts as one, and takes two instructions. */
    @Test
    void aPrefixIsOne() {
        HotPrefixes hot = new HotPrefixes(AddressSet.of("10.0.0.0/8", "192.0.2.1"));
        SourceSamples samples = new SourceSamples();
        Source source = new Source();
        for (int i = 0; i < 1000; i++) {
            source.read(packet(0x0a000000 + 7919 * i), Placement.IP);
            samples.add(source);
        }
        hot.add(samples, 2);
        assertEquals(
                List.of("10.0.0.0/8 500.0 false"),
                hot.hottest(20).stream()
                        .map(each -> each.prefix() + " " + each.packetsPerSecond() + " " + each.inKernel())
                        .toList());
        Map<AddressPrefix, Double> chosen = new HashMap<>(hot.choose(BUDGET));
        assertEquals("{10.0.0.0/8=500.0}", chosen.toString());
    }

    /** Of more than there is room for, every second one is taken, then every fourth. */
    @Test
    void samplesStandForTheOthers() {
        SourceSamples samples = new SourceSamples();
        Source source = new Source();
        for (int i = 0; i < 60_000; i++) {
            source.read(packet(i), Placement.IP);
            samples.add(source);
        }
        assertEquals(4, samples.stride());
        assertEquals(15_000, samples.size());
        assertEquals(3, (int) samples.low(0));
        assertEquals(59_996, (int) samples.low(14_999));
    }
}
