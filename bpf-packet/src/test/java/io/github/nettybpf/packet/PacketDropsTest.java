package io.github.nettybpf.packet;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.nettybpf.core.Program;
import io.github.nettybpf.netty.BpfFilterHandler;
import io.github.nettybpf.netty.FilterStats.Location;
import io.github.nettybpf.netty.SocketFilters;
import io.github.nettybpf.netty.drops.DroppedPacket;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A packet channel whose filter is tried, and whose drops are sampled: no frame takes the way past the handler. */
@ExtendWith(InNamespace.class)
class PacketDropsTest {
    private static final Program OURS = Program.parse(Tap.OURS);

    private final BlockingQueue<DroppedPacket> samples = new LinkedBlockingQueue<>();

    private static ByteBuf other(int length) {
        return Tap.frame(length, 1).setShort(12, 0x88b6);
    }

    private static String hex(ByteBuf frame) {
        return ByteBufUtil.hexDump(frame);
    }

    private void assertSampled(ByteBuf frame) throws InterruptedException {
        DroppedPacket sample = samples.poll(60, TimeUnit.SECONDS);
        assertEquals(hex(frame), ByteBufUtil.hexDump(Unpooled.wrappedBuffer(sample.content())));
        assertEquals("insn 1: jeq #34997: no: insn 3: ret #0", sample.rule());
    }

    @Test
    void aDryRunIsEnforcedAndEndedLive() throws Exception {
        BpfFilterHandler handler = BpfFilterHandler.builder(OURS)
                .dryRun(true)
                .sampleDrops(1, samples::add)
                .build();
        try (Tap a = new Tap().bind("a0");
                Tap b = new Tap(handler).bind("b0")) {
            a.send(other(60));
            assertEquals(hex(other(60)), b.nextHex());
            assertSampled(other(60));
            assertEquals(Location.DRY_RUN, handler.stats().location());
            assertEquals(1, handler.stats().wouldDrop());
            assertEquals(Optional.empty(), SocketFilters.read(b.channel));
            handler.enforce(true).sync();
            a.send(other(70));
            a.send(Tap.frame(60, 2));
            assertEquals(hex(Tap.frame(60, 2)), b.nextHex());
            assertSampled(other(70));
            handler.enforce(false).sync();
            a.send(other(80));
            assertEquals(hex(other(80)), b.nextHex());
        }
    }

    @Test
    void theKernelPassesSamplesThatTheHandlerDrops() throws Exception {
        BpfFilterHandler handler =
                BpfFilterHandler.builder(OURS).sampleDrops(2, samples::add).build();
        try (Tap a = new Tap().bind("a0");
                Tap b = new Tap(handler).bind("b0")) {
            assertEquals(Location.KERNEL_AND_PIPELINE, handler.stats().location());
            assertEquals(
                    "attached before the channel was bound; one packet in 2 passes the kernel, as a sample",
                    handler.stats().reason());
            while (samples.isEmpty()) {
                a.send(other(60));
                a.send(Tap.frame(60, 2));
                assertEquals(hex(Tap.frame(60, 2)), b.nextHex());
            }
            // From a dry run, or to none, the samples come from the kernel as well.
            handler.enforce(false).sync();
            a.send(other(70));
            assertEquals(hex(other(70)), b.nextHex());
            handler.enforce(true).sync();
            a.send(other(80));
            a.send(Tap.frame(60, 3));
            assertEquals(hex(Tap.frame(60, 3)), b.nextHex());
        }
    }
}
