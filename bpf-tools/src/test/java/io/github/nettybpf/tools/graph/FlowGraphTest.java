package io.github.nettybpf.tools.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.nettybpf.core.Filter;
import io.github.nettybpf.core.Growth;
import io.github.nettybpf.core.Packet;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.core.RandomPrograms;
import io.github.nettybpf.tools.graph.FlowGraph.Box;
import io.github.nettybpf.tools.graph.FlowGraph.Edge;
import io.github.nettybpf.tools.graph.FlowGraph.Row;
import io.github.nettybpf.tools.graph.PictureLayout.Label;
import io.github.nettybpf.tools.graph.PictureLayout.Piece;
import io.github.nettybpf.tools.graph.PictureLayout.Place;
import java.io.IOException;
import java.io.OutputStream;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.xml.sax.InputSource;

class FlowGraphTest {
    private static final List<String> HEADING = List.of("<a> & \"b\" ]]> \\ {x} # %", "two");

    private static List<String> rows(FlowGraph graph, int box) {
        return graph.boxes().get(box).rows().stream()
                .map(row -> (row.pc() + " " + row.text() + " " + row.note()).strip())
                .toList();
    }

    private static String edges(FlowGraph graph) {
        return graph.edges().stream()
                .map(edge -> edge.from() + "-" + edge.label() + "-" + edge.to())
                .collect(Collectors.joining(", "));
    }

    private static FlowGraph graph(String program, boolean fold) {
        return FlowGraph.of(List.of(), Program.parse(program.replace("; ", "\n")), fold, null);
    }

    @Test
    void foursTestsToOnePlaceAreAList() {
        String tests =
                IntStream.range(0, 20).mapToObj(i -> "jeq #" + i + ", y; ").collect(Collectors.joining());
        FlowGraph graph = graph("ldh [0]; " + tests + "ret #0; y: ret #1", true);
        assertEquals(3, graph.boxes().size());
        assertEquals(
                List.of("0 ldh  [0]", "1 jeq  #0x0", "2 jeq  #0x1", "8 jeq  #0x7", "-1 … 10 more", "19 jeq  #0x12"),
                List.of(0, 1, 2, 8, 9, 10).stream().map(rows(graph, 0)::get).toList());
        assertEquals("0-one of these-2, 0-none of these-1", edges(graph));
        assertEquals(
                22,
                graph("ldh [0]; " + tests + "ret #0; y: ret #1", false).boxes().size());
    }

    @Test
    void testsThatReturnAreAList() {
        String tests = IntStream.range(0, 5)
                .mapToObj(i -> "jne #" + i + ", n" + i + "; ret #" + (9 - i) + "; n" + i + ": ")
                .collect(Collectors.joining());
        FlowGraph graph = graph("ldh [0]; " + tests + "ret #0", true);
        assertEquals(
                List.of("0 ldh  [0]", "1 jeq  #0x0 → ret #9", "3 jeq  #0x1 → ret #8"),
                rows(graph, 0).subList(0, 3));
        assertEquals("0-none of these-1", edges(graph));
        assertEquals(List.of("11 ret  #0"), rows(graph, 1));
    }

    @Test
    void jumpsToJumpsAreOneWay() {
        String program = "ldb [0]; jeq #1, l; ret #0; l: ja q; ret #7; q: ret #1";
        assertEquals("0-true-3, 0-false-1", edges(graph(program, true)));
        assertEquals("0-true-2, 0-false-1, 2--4", edges(graph(program, false)));
        assertTrue(graph(program, true).boxes().get(2).dead());
    }

    @Test
    void aTestWithoutAChoiceIsNone() {
        assertEquals("0--1", edges(graph("ldb [0]; jeq #1, l, l; l: ret #1", true)));
    }

    /** All instructions are in some box; all packets that reach a box leave it, or end there, and are counted once. */
    @Test
    void countsAddUpOnRandomPrograms() {
        RandomPrograms random = RandomPrograms.deterministic(5);
        long idle = 0;
        for (int i = 0; i < 120; i++) {
            Program program = i % 3 == 0 ? random.program() : i % 3 == 1 ? random.tests() : random.chains();
            Traffic traffic = new Traffic(program);
            Filter filter = Filter.interpret(program);
            long kept = 0;
            for (int n = 0; n < 20; n++) {
                Packet packet = Packet.of(i % 3 == 2 ? random.keyedPacket() : random.smallPacket());
                int verdict = traffic.add(packet);
                assertEquals(filter.run(packet), verdict);
                kept += verdict != 0 ? 1 : 0;
            }
            assertEquals(20, traffic.packets());
            assertEquals(kept, traffic.kept());
            for (boolean fold : new boolean[] {true, false}) {
                FlowGraph graph = FlowGraph.of(HEADING, program, fold, traffic);
                long[] in = new long[graph.boxes().size()];
                in[0] = 20;
                for (Edge edge : graph.edges()) {
                    assertTrue(edge.from() < edge.to(), program::toString);
                    in[edge.to()] += edge.count();
                    idle += graph.isIdle(edge.count()) ? 1 : 0;
                }
                for (int box = 0; box < in.length; box++) {
                    int number = box;
                    assertEquals(graph.boxes().get(box).count(), in[box], () -> program + " box " + number);
                }
                if (!fold) {
                    int instructions = graph.boxes().stream()
                            .mapToInt(box -> box.rows().size())
                            .sum();
                    assertEquals(program.size(), instructions);
                }
            }
        }
        assertTrue(idle > 500, idle + " idle");
    }

    /** No box or label covers another, no line a box, and the picture is well-formed. */
    @Test
    void picturesOfRandomProgramsAreClear() throws Exception {
        RandomPrograms random = RandomPrograms.deterministic(8);
        for (int i = 0; i < 100; i++) {
            Program program = i % 2 == 0 ? random.program() : random.tests();
            Traffic traffic = new Traffic(program);
            traffic.add(Packet.of(random.smallPacket()));
            FlowGraph graph = FlowGraph.of(HEADING, program, i % 4 < 2, i % 3 == 0 ? null : traffic);
            DocumentBuilderFactory.newInstance()
                    .newDocumentBuilder()
                    .parse(new InputSource(new StringReader(GraphFormat.SVG.write(graph))));
            if (graph.boxes().size() < 80) {
                requireClear(graph, program.toString());
            }
        }
    }

    private static void requireClear(FlowGraph graph, String what) {
        PictureLayout layout = new PictureLayout(graph);
        List<Place> filled = new ArrayList<>();
        for (int i = 0; i < graph.boxes().size(); i++) {
            filled.add(layout.place(i));
            requireRoom(graph.boxes().get(i), layout.place(i), what);
        }
        for (Piece piece : layout.pieces()) {
            for (Place place : filled) {
                boolean isBeside = piece.x() < place.x() || piece.x() > place.x() + place.width();
                boolean isAbove = piece.bend() <= place.y() + 0.01;
                boolean isBelow = piece.y() >= place.y() + place.height() - 0.01;
                assertTrue(isBeside || isAbove || isBelow, () -> what + piece + place);
                boolean endsBeside = piece.toX() < place.x() || piece.toX() > place.x() + place.width();
                boolean endsAbove = piece.end() <= place.y() + 0.01;
                boolean beginsBelow = piece.toY() >= place.y() + place.height();
                assertTrue(endsBeside || endsAbove || beginsBelow, () -> what + piece + place);
            }
        }
        for (Label label : layout.labels()) {
            double width = PictureLayout.LABEL_CHARACTER
                    * label.lines().stream().mapToInt(String::length).max().orElse(0);
            double left = label.toLeft() ? label.x() - 6 - width : label.x() + 6;
            filled.add(new Place(left, label.y() + 1, width, label.lines().size() * PictureLayout.LABEL_ROW));
        }
        for (int i = 0; i < filled.size(); i++) {
            Place one = filled.get(i);
            assertTrue(one.x() >= 0 && one.x() + one.width() <= layout.width(), what);
            assertTrue(one.y() >= 0 && one.y() + one.height() <= layout.height(), what);
            for (int n = 0; n < i; n++) {
                Place other = filled.get(n);
                boolean apart = one.x() + one.width() <= other.x()
                        || other.x() + other.width() <= one.x()
                        || one.y() + one.height() <= other.y()
                        || other.y() + other.height() <= one.y();
                assertTrue(apart, () -> what + one + other);
            }
        }
    }

    private static void requireRoom(Box box, Place place, String what) {
        for (Row row : box.rows()) {
            int note = row.note().isEmpty() ? 0 : row.note().length() + 2;
            int characters = PictureLayout.numberWidth(box) + 2 + row.text().length() + note;
            assertTrue(characters * PictureLayout.CHARACTER <= place.width() - PictureLayout.PADDING, what);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0",
        "0.04, 0",
        "0.05, 0.1",
        "12.0, 12",
        "9.96, 10",
        "1234567.89, 1234567.9",
        "-0.04, 0",
        "-1.25, -1.3"
    })
    void lengthsAreToldToATenth(double length, String text) {
        assertEquals(text, PictureLayout.number(length));
    }

    @Test
    void longProgramsAreDrawnInTime() {
        RandomPrograms random = RandomPrograms.deterministic(4);
        for (Supplier<Program> kind : List.<Supplier<Program>>of(random::chains, random::tests)) {
            for (boolean fold : new boolean[] {true, false}) {
                Growth.assertNearlyLinear("fold " + fold, 3_200, size -> {
                    Program program = kind.get();
                    while (Math.abs(program.size() - size) > size / 20) {
                        program = kind.get();
                    }
                    FlowGraph graph = FlowGraph.of(List.of(), program, fold, null);
                    return () -> GraphFormat.SVG.write(graph);
                });
            }
        }
    }

    @Test
    void graphvizTakesWhatIsWritten() throws IOException, InterruptedException {
        assumeTrue(hasGraphviz(), "no dot: install graphviz");
        RandomPrograms random = RandomPrograms.deterministic(9);
        for (int i = 0; i < 10; i++) {
            FlowGraph graph = FlowGraph.of(HEADING, random.program(), true, null);
            Process dot = new ProcessBuilder("dot", "-Tplain")
                    .redirectErrorStream(true)
                    .start();
            try (OutputStream in = dot.getOutputStream()) {
                in.write(GraphFormat.DOT.write(graph).getBytes(StandardCharsets.UTF_8));
            }
            String plain = new String(dot.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertTrue(dot.waitFor(2, TimeUnit.MINUTES));
            assertEquals(0, dot.exitValue(), plain);
            assertEquals(
                    graph.boxes().size(),
                    plain.lines().filter(line -> line.startsWith("node ")).count());
            assertEquals(
                    graph.edges().size(),
                    plain.lines().filter(line -> line.startsWith("edge ")).count());
            assertFalse(plain.contains("Warning"), plain);
        }
    }

    private static boolean hasGraphviz() throws InterruptedException {
        try {
            Process version =
                    new ProcessBuilder("dot", "-V").redirectErrorStream(true).start();
            return version.waitFor() == 0;
        } catch (IOException notThere) {
            return false;
        }
    }
}
