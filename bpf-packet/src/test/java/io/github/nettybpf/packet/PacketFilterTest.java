package io.github.nettybpf.packet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.nettybpf.core.Program;
import io.github.nettybpf.netty.BpfFilterHandler;
import io.github.nettybpf.netty.FilterStats.Location;
import io.github.nettybpf.netty.Offload;
import io.github.nettybpf.netty.SocketFilterException;
import io.github.nettybpf.netty.SocketFilters;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** A filter handler on packet channels: in the kernel, in the pipeline, and with the same verdicts in both. */
@ExtendWith(InNamespace.class)
class PacketFilterTest {
    private static BpfFilterHandler handler(String program, Offload offload) {
        return BpfFilterHandler.builder(Program.parse(program.replace("; ", "\n")))
                .offload(offload)
                .build();
    }

    @Test
    void theKernelFiltersFromBeforeTheBind() throws Exception {
        BpfFilterHandler handler = handler(Tap.OURS, Offload.AUTO);
        try (Tap a = new Tap().bind("a0");
                Tap b = new Tap(handler).bind("b0")) {
            assertEquals(Location.KERNEL, handler.stats().location());
            assertEquals(
                    "attached before the channel was bound", handler.stats().reason());
            assertTrue(SocketFilters.read(b.channel).isPresent());
            a.send(Tap.frame(60, 1).setShort(12, 0x88b6));
            a.send(Tap.frame(60, 2));
            assertEquals(hex(Tap.frame(60, 2)), b.nextHex());
        }
    }

    @ParameterizedTest
    @EnumSource(value = Offload.class, names = "REQUIRED", mode = EnumSource.Mode.EXCLUDE)
    void aVerdictIsTheNumberOfBytesKept(Offload offload) throws Exception {
        try (Tap a = new Tap().bind("a0");
                Tap b = new Tap(handler("ldh [12]; jne #0x88b5, no; ret #20; no: ret #0", offload)).bind("b0")) {
            a.send(Tap.frame(60, 2));
            PacketFrame frame = b.next();
            assertEquals(20, frame.content().readableBytes());
            assertEquals(60, frame.wireLength());
            assertTrue(frame.isTruncated());
            frame.release();
        }
    }

    /** Programs that select frames by their metadata (extensions), headers or length. */
    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "the ethertype | ld proto; jne #0x88b5, no; ret #-1; no: ret #0",
                "the packet type | ld type; jne #1, no; ldh [12]; jne #0x88b5, no; ret #-1; no: ret #0",
                "the hardware type | ld hatype; jne #1, no; ldh [12]; jne #0x88b5, no; ret #-1; no: ret #0",
                "the interface | ld ifidx; jne #0, no; ret #0; no: ldh [12]; jne #0x88b5, out; ret #-1; out: ret #0",
                "the network header | ldb [0xfff00000]; jne #0xb4, no; ret #-1; no: ret #0",
                "the link-layer header | ldh [0xffe0000c]; jne #0x88b5, no; ret #-1; no: ret #0",
                "the VLAN tag | ld vlan_avail; jne #1, no; ld vlan_tci; and #0xfff; jne #5, no; ret #-1; no: ret #0",
                "the TPID of the tag | ld vlan_tpid; jne #0x8100, no; ret #-1; no: ret #0",
                "the bytes after a tag | ldh [12]; jne #0x88b5, no; ldb [14]; jne #0xb4, no; ret #17; no: ret #0",
                "across a tag | ld [10]; jne #0x020288b5, no; ldh [11]; jne #0x0288, no; ret #-1; no: ret #0",
                "the length | ld #len; jne #100, no; ldh [12]; jne #0x88b5, no; ret #-1; no: ret #0"
            })
    void pipelineAndKernelGiveTheSameVerdicts(String rule, String program) throws Exception {
        BpfFilterHandler inKernel = handler(program, Offload.REQUIRED);
        BpfFilterHandler inPipeline = handler(program, Offload.NEVER);
        try (Tap a = new Tap().bind("a0");
                // The kernel hands a frame to the socket that was bound last first, and to this one last.
                Tap all = new Tap(handler("ldh [12]; jne #0x88b5, no; ret #-1; no: ret #0", Offload.AUTO)).bind("b0");
                Tap kernel = new Tap(inKernel)
                        .with(PacketChannelOption.PUT_VLAN_BACK, true)
                        .bind("b0");
                Tap pipeline = new Tap(inPipeline)
                        .with(PacketChannelOption.PUT_VLAN_BACK, true)
                        .bind("b0")) {
            a.send(Tap.frame(100, 2));
            a.send(tagged(Tap.frame(100, 2), 0x2005));
            a.send(tagged(Tap.frame(90, 3), 0x0006));
            a.send(Tap.frame(60, 2));
            for (int i = 0; i < 4; i++) {
                all.next().release();
            }
            List<String> byKernel = passed(kernel, inKernel);
            assertEquals(byKernel, passed(pipeline, inPipeline));
            assertFalse(byKernel.isEmpty(), rule);
        }
    }

    /** {@return the frames that passed} Waits until the handler has received all packets of the socket. */
    private static List<String> passed(Tap tap, BpfFilterHandler handler) throws Exception {
        List<String> passed = new ArrayList<>();
        long packets = tap.channel.statistics().packets();
        PacketLifecycleTest.await("frames", () -> handler.stats().received() >= packets);
        assertEquals(packets, handler.stats().received());
        tap.channel.eventLoop().submit(() -> {}).sync();
        while (!tap.received.isEmpty()) {
            passed.add(tap.nextHex());
        }
        return passed;
    }

    static ByteBuf tagged(ByteBuf frame, int tci) {
        ByteBuf tagged = Unpooled.buffer();
        tagged.writeBytes(frame, 0, 12)
                .writeShort(0x8100)
                .writeShort(tci)
                .writeBytes(frame, 12, frame.readableBytes() - 12);
        frame.release();
        return tagged;
    }

    private static String hex(ByteBuf frame) {
        return ByteBufUtil.hexDump(frame);
    }

    @Test
    void aProgramThatOnlyTheKernelCanRunIsNotJudgedInThePipeline() throws Exception {
        BpfFilterHandler handler = handler("ldh [0xffe0000c]; jne #0x800, no; ret #-1; no: ret #0", Offload.NEVER);
        try (Tap tap = new Tap(PacketChannel.Type.DGRAM, handler)) {
            ChannelFuture bound = tap.bootstrap.bind(PacketAddress.of("b0")).await();
            assertFalse(bound.isSuccess());
            assertInstanceOf(SocketFilterException.class, bound.cause());
            assertEquals(
                    "insn 0: ldh [4292870156]: a pipeline does not know the link-layer header at placement IP (expected:"
                            + " placement ETHERNET; or Offload.REQUIRED)",
                    bound.cause().getMessage());
        }
    }

    @Test
    void onABoundChannelKernelAndPipelineBothFilter() throws Exception {
        BpfFilterHandler handler = handler("ldh [12]; jne #0x88b5, no; ret #30; no: ret #0", Offload.AUTO);
        try (Tap a = new Tap().bind("a0");
                Tap b = new Tap().bind("b0")) {
            b.channel
                    .eventLoop()
                    .submit(() -> b.channel.pipeline().addFirst(handler))
                    .sync();
            assertEquals(Location.KERNEL_AND_PIPELINE, handler.stats().location());
            a.send(Tap.frame(60, 1).setShort(12, 0x88b6));
            a.send(Tap.frame(60, 2));
            assertEquals(hex(Tap.frame(60, 2).slice(0, 30)), b.nextHex());
        }
    }
}
