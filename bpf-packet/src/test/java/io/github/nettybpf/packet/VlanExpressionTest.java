package io.github.nettybpf.packet;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.nettybpf.core.Placement;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.expression.FilterExpression;
import io.github.nettybpf.netty.BpfFilterHandler;
import io.github.nettybpf.netty.Offload;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** VLAN expressions on packet channels, where the kernel removes the outermost VLAN tag from the frames (vlan_tci). */
@ExtendWith(InNamespace.class)
class VlanExpressionTest {
    /**
     * Expressions, and the lengths of the frames that they accept: 60 has no tag, 70 has 5, 80 has 6, 94 has 7 inside
     * 5.
     */
    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', textBlock = """
                    vlan                                     | 70 80 94
                    vlan 5                                   | 70 94
                    not vlan                                 | 60
                    ether proto 0x88b5                       | 60 70 80
                    vlan and ether proto 0x88b5              | 70 80
                    vlan 6 and ether proto 0x88b5            | 80
                    vlan 5 and vlan                          | 94
                    vlan and vlan 7 and ether proto 0x88b5   | 94
                    vlan 5 and vlan 5                        | ''
                    """)
    void tagsAreFound(String expression, String lengths) throws Exception {
        Program program = FilterExpression.compile(expression, Placement.ETHERNET);
        List<Tap> taps = new ArrayList<>();
        try (Tap a = new Tap().bind("a0");
                Tap all = new Tap(handler(Program.parse("ret #-1"), Offload.AUTO)).bind("b0");
                Tap kernel = new Tap(handler(program, Offload.REQUIRED)).bind("b0");
                Tap pipeline = new Tap(handler(program, Offload.NEVER)).bind("b0")) {
            taps.add(kernel);
            taps.add(pipeline);
            a.send(Tap.frame(60, 2));
            a.send(PacketFilterTest.tagged(Tap.frame(70, 2), 0x2005));
            a.send(PacketFilterTest.tagged(Tap.frame(80, 2), 6));
            a.send(PacketFilterTest.tagged(PacketFilterTest.tagged(Tap.frame(90, 2), 7), 5));
            List<String> expected = lengths.isEmpty() ? List.of() : List.of(lengths.split(" ", -1));
            for (int i = 0; i < 4; i++) {
                all.next().release();
            }
            for (Tap tap : taps) {
                List<String> seen = new ArrayList<>();
                for (int i = 0; i < expected.size(); i++) {
                    PacketFrame frame = tap.next();
                    ByteBuf content = frame.content();
                    seen.add(Integer.toString(content.readableBytes()));
                    frame.release();
                }
                assertEquals(expected, seen);
            }
            // The socket with the kernel's filter has received no frame but those expected.
            assertEquals(expected.size(), kernel.channel.statistics().packets());
        }
    }

    private static BpfFilterHandler handler(Program program, Offload offload) {
        return BpfFilterHandler.builder(program).offload(offload).build();
    }
}
