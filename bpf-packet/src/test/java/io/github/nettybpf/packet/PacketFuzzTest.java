package io.github.nettybpf.packet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.nettybpf.core.Program;
import io.github.nettybpf.netty.BpfFilterHandler;
import io.github.nettybpf.netty.Offload;
import io.github.nettybpf.netty.Vlan;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Mutated frames: channels of all modes receive the same, kernel and pipeline give the same verdicts, and nothing throws.
 * The leak detector is at paranoid.
 */
@ExtendWith(InNamespace.class)
class PacketFuzzTest {
    /** No more at once than net.core.netdev_max_backlog lets wait. */
    private static final int BATCH = 500;

    private static final int FEW_BATCHES = 5;
    private static final int LONGEST = 1_514;

    /** Not a frame that can be made by mutation: ethertype, length and all. */
    private static final String LAST = "ffffffffffff020000000001fffe" + "5a".repeat(101);

    private static final List<String> FRAMES = List.of(
            // ARP
            "ffffffffffff02000000000108060001080006040001020000000001c0000201000000000000c0000202",
            // ARP in VLAN 100, and the same in VLAN 0
            "ffffffffffff020000000001810000640806000108000604000102000000000ac0000201000000000000c0000202",
            "ffffffffffff020000000001810080000806000108000604000102000000000ac0000201000000000000c0000202",
            // two tags
            "ffffffffffff02000000000188a80064810000c8080045000014000000004006000001020304",
            // a DHCP DISCOVER
            "ffffffffffff02000000000108004500011000000000401179d800000000ffffffff0044004300fc0000"
                    + "010106001234567800000000" + "00".repeat(16) + "020000000001" + "00".repeat(202)
                    + "63825363350101ff",
            // IPv6, LLC, and an Ethernet header alone
            "33330000000102000000000186dd6000000000083aff" + "fe80".repeat(16) + "8700000000000000",
            "0180c2000000020000000001002642420300000000" + "00".repeat(30),
            "ffffffffffff02000000000188b5");

    private final Random random;

    PacketFuzzTest() {
        long seed = Long.getLong("seed", System.nanoTime());
        random = new Random(seed);
        System.out.println("PacketFuzzTest: seed " + seed);
    }

    private byte[] mutated() {
        byte[] frame = ByteBufUtil.decodeHexDump(FRAMES.get(random.nextInt(FRAMES.size())));
        for (int i = random.nextInt(4); i > 0; i--) {
            frame[random.nextInt(frame.length)] ^= (byte) (1 << random.nextInt(8));
        }
        if (random.nextInt(3) == 0) {
            int length = 14 + random.nextInt(random.nextInt(10) == 0 ? LONGEST - 13 : frame.length - 13);
            frame = Arrays.copyOf(frame, length);
        }
        return frame;
    }

    private static String text(PacketFrame frame) {
        return ByteBufUtil.hexDump(frame.content()) + " of " + frame.wireLength() + ", network at "
                + frame.networkOffset() + ", vlan " + frame.vlanTpid() + " " + frame.vlanTci() + ", type "
                + frame.packetType() + ", protocol " + frame.protocol() + " from " + frame.address();
    }

    private static List<String> received(Tap tap) throws InterruptedException {
        List<String> all = new ArrayList<>();
        while (true) {
            PacketFrame frame = tap.next();
            boolean last = ByteBufUtil.hexDump(frame.content()).equals(LAST);
            all.add(text(frame));
            frame.release();
            if (last) {
                return all;
            }
        }
    }

    private static Tap tap(ReceiveMode mode, boolean putVlanBack, BpfFilterHandler... filter) throws Exception {
        return new Tap(filter)
                .with(PacketChannelOption.RECEIVE_MODE, mode)
                .with(PacketChannelOption.PUT_VLAN_BACK, putVlanBack)
                .with(PacketChannelOption.OUTGOING, false)
                .bind("b0");
    }

    private static BpfFilterHandler untagged(Offload offload) {
        Program program = Program.parse("ldb [0]\nand #3\nadd #1400\nret a");
        return BpfFilterHandler.builder(Vlan.untagged().restrict(program))
                .offload(offload)
                .build();
    }

    private void batch(Tap a, List<List<Tap>> groups) throws Exception {
        List<ChannelFuture> sent = new ArrayList<>();
        for (int i = 0; i < BATCH; i++) {
            sent.add(a.channel.write(Unpooled.wrappedBuffer(mutated())));
        }
        sent.add(a.channel.write(Unpooled.wrappedBuffer(ByteBufUtil.decodeHexDump(LAST))));
        a.channel.flush();
        for (ChannelFuture each : sent) {
            each.sync();
        }
        for (List<Tap> group : groups) {
            List<String> expected = received(group.get(0));
            for (Tap other : group.subList(1, group.size())) {
                assertEquals(expected, received(other));
            }
        }
    }

    private long batches(long atMost, long endNanos) throws Exception {
        try (Tap a = new Tap().bind("a0");
                Tap ring = tap(ReceiveMode.RING, false);
                Tap slices = tap(ReceiveMode.RING_SLICES, false);
                Tap read = tap(ReceiveMode.READ, false);
                Tap ringBack = tap(ReceiveMode.RING, true);
                Tap slicesBack = tap(ReceiveMode.RING_SLICES, true);
                Tap readBack = tap(ReceiveMode.READ, true);
                Tap kernel = tap(ReceiveMode.RING, false, untagged(Offload.REQUIRED));
                Tap pipeline = tap(ReceiveMode.RING, false, untagged(Offload.NEVER))) {
            List<List<Tap>> groups = List.of(
                    List.of(ring, slices, read), List.of(ringBack, slicesBack, readBack), List.of(kernel, pipeline));
            long done = 0;
            while (done < atMost && System.nanoTime() < endNanos) {
                batch(a, groups);
                done++;
            }
            for (List<Tap> group : groups) {
                for (Tap tap : group) {
                    assertTrue(tap.thrown.isEmpty(), tap.thrown::toString);
                    assertEquals(0, tap.channel.statistics().drops());
                }
            }
            return done * BATCH;
        }
    }

    @Test
    void mutatedFramesAreReceivedAlike() throws Exception {
        batches(FEW_BATCHES, Long.MAX_VALUE);
    }

    @Test
    @Tag("soak")
    void manyMutatedFramesAreReceivedAlike() throws Exception {
        long end = System.nanoTime() + Long.getLong("soak.seconds", 60) * 1_000_000_000L;
        System.out.println("PacketFuzzTest: " + batches(Long.MAX_VALUE, end) + " frames");
    }
}
