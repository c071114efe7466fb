package io.github.nettybpf.tools.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.nettybpf.core.Program;
import io.github.nettybpf.core.RawInstruction;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The memory for a picture is bounded by the number of vertices, which is counted here. */
class LongEdgesTest {
    private static final int MOST_PASSED = 40_000;

    /** Tests with targets up to 255 instructions away; with {@code jumps}, each leads to a jump that goes on from there. */
    private static Program program(int size, boolean jumps) {
        SplittableRandom random = new SplittableRandom(20261130);
        List<RawInstruction> raw = new ArrayList<>(List.of(new RawInstruction(0x20, 0, 0, 0)));
        while (raw.size() < size - 2) {
            int room = size - 2 - raw.size();
            if (jumps && room > 1 && raw.size() % 2 == 0) {
                raw.add(new RawInstruction(0x05, 0, 0, random.nextInt(room)));
            } else {
                int far = random.nextInt(1 + Math.min(room, 255));
                raw.add(new RawInstruction(0x45, jumps && room > 1 ? 1 : far, 0, 1 << raw.size()));
            }
        }
        raw.add(new RawInstruction(0x06, 0, 0, 0));
        raw.add(new RawInstruction(0x16, 0, 0, 0));
        return Program.ofRaw(raw);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theLongestEdgesOfALargeGraphAreCut(boolean jumps) {
        for (boolean fold : new boolean[] {true, false}) {
            FlowGraph whole = FlowGraph.of(List.of("a"), program(Program.MAX_SIZE, jumps), fold, null);
            LayeredGraph layers = new LayeredGraph(whole);
            FlowGraph drawn = layers.graph();
            int references = drawn.boxes().size() - whole.boxes().size();
            assertTrue(references > 0);
            assertTrue(layers.size() <= MOST_PASSED + drawn.boxes().size(), () -> layers.size() + " vertices");
            assertEquals(
                    String.format(
                            "%,d of %,d edges are too long to draw, and end at a box that names where they continue",
                            references, whole.edges().size()),
                    drawn.heading().get(1));
            for (int i = 0; i < whole.edges().size(); i++) {
                int to = drawn.edges().get(i).to();
                if (to < whole.boxes().size()) {
                    assertEquals(whole.edges().get(i), drawn.edges().get(i));
                } else {
                    int pc = whole.boxes()
                            .get(whole.edges().get(i).to())
                            .rows()
                            .get(0)
                            .pc();
                    assertEquals(
                            String.format("continues at %03d", pc),
                            drawn.boxes().get(to).rows().get(0).text());
                }
            }
        }
    }

    @Test
    void othersAreDrawnWhole() {
        FlowGraph whole = FlowGraph.of(List.of("a"), program(300, false), false, null);
        assertSame(whole, new LayeredGraph(whole).graph());
    }
}
