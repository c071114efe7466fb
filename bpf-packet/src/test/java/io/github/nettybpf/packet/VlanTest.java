package io.github.nettybpf.packet;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.nettybpf.core.Program;
import io.github.nettybpf.netty.BpfFilterHandler;
import io.github.nettybpf.netty.Offload;
import io.github.nettybpf.netty.Vlan;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the programs of {@link Vlan} accept on an interface whose cable has VLANs, in the kernel and in the pipeline. */
@ExtendWith(InNamespace.class)
class VlanTest {
    private static final Program OURS = Program.parse(Tap.OURS);

    /** The frames that are sent, by the length that each is received with. */
    private static void sendAll(Tap from) throws InterruptedException {
        from.send(Tap.frame(60, 2));
        from.send(tagged(70, 0xe000));
        from.send(tagged(80, 0x2064));
        from.send(tagged(90, 100));
        from.send(tagged(100, 101));
        from.send(tagged(110, 100).setShort(12, 0x88a8));
        from.send(PacketFilterTest.tagged(tagged(116, 100), 0));
        from.send(PacketFilterTest.tagged(tagged(126, 7), 100));
        from.send(tagged(140, 100).setShort(12, 0x9100));
        from.send(Tap.frame(200, 2));
    }

    private static ByteBuf tagged(int length, int tci) {
        return PacketFilterTest.tagged(Tap.frame(length, 2), tci);
    }

    private static BpfFilterHandler handler(Program program, Offload offload) {
        return BpfFilterHandler.builder(program).offload(offload).build();
    }

    /** 120 has a tag of VLAN 100 inside one without VLAN, 130 one of VLAN 7 inside VLAN 100; 144 a tag that stays. */
    @ParameterizedTest(name = "{0}, {1}")
    @CsvSource(delimiter = '|', textBlock = """
                    untagged | ours | 60 70 200
                    vlan 100 | ours | 80 90 110
                    vlan 101 | ours | 100
                    vlan 7   | ours |
                    any      | ours | 60 70 80 90 100 110 200
                    untagged | all  | 60 70 200
                    vlan 100 | all  | 80 90 110 130
                    any      | all  | 60 70 80 90 100 110 120 130 144 200
                    """)
    void oneVlanIsHeard(String vlan, String program, String lengths) throws Exception {
        Program restricted = Vlan.parse(vlan).restrict(program.equals("ours") ? OURS : Program.parse("ret #-1"));
        try (Tap a = new Tap().bind("a0");
                Tap all = new Tap(handler(Program.parse("ret #-1"), Offload.AUTO)).bind("b0");
                Tap kernel = new Tap(handler(restricted, Offload.REQUIRED)).bind("b0");
                Tap pipeline = new Tap(handler(restricted, Offload.NEVER)).bind("b0")) {
            sendAll(a);
            List<String> sent = List.of("60 70 80 90 100 110 120 130 144 200".split(" ", -1));
            assertEquals(sent, lengths(all, sent.size()));
            List<String> expected = lengths == null ? List.of() : List.of(lengths.split(" ", -1));
            assertEquals(expected, lengths(kernel, expected.size()));
            assertEquals(expected.size(), kernel.channel.statistics().packets());
            assertEquals(expected, lengths(pipeline, expected.size()));
        }
    }

    private static List<String> lengths(Tap tap, int count) throws InterruptedException {
        List<String> seen = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            PacketFrame frame = tap.next();
            seen.add(Integer.toString(frame.content().readableBytes()));
            frame.release();
        }
        return seen;
    }

    /** On the sending host, a tap sees the tag in the bytes, and not beside them. */
    @Test
    void whatThisHostSendsWithATagIsNotUntagged() throws Exception {
        BpfFilterHandler kernel = handler(Vlan.untagged().restrict(Program.parse("ret #-1")), Offload.REQUIRED);
        BpfFilterHandler pipeline = handler(Vlan.untagged().restrict(Program.parse("ret #-1")), Offload.NEVER);
        try (Tap a = new Tap().bind("a0");
                Tap inKernel = new Tap(kernel).bind("a0");
                Tap inPipeline = new Tap(pipeline).bind("a0")) {
            sendAll(a);
            assertEquals(List.of("60", "200"), lengths(inKernel, 2));
            assertEquals(List.of("60", "200"), lengths(inPipeline, 2));
        }
    }

    @Test
    void withoutLinkLayerHeaderToo() throws Exception {
        try (Tap a = new Tap().bind("a0");
                Tap untagged = new Tap(
                                PacketChannel.Type.DGRAM,
                                handler(Vlan.untagged().restrict(Program.parse("ret #-1")), Offload.REQUIRED))
                        .bind("b0");
                Tap hundred = new Tap(
                                PacketChannel.Type.DGRAM,
                                handler(Vlan.of(100).restrict(Program.parse("ret #-1")), Offload.NEVER))
                        .bind("b0")) {
            sendAll(a);
            assertEquals(List.of("46", "56", "186"), lengths(untagged, 3));
            assertEquals(List.of("66", "76", "96", "116"), lengths(hundred, 4));
        }
    }
}
