package io.github.nettybpf.tools.explain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.nettybpf.core.Filter;
import io.github.nettybpf.core.Packet;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.core.RandomPrograms;
import io.github.nettybpf.core.SteppingMachine;
import io.github.nettybpf.core.SteppingMachine.Cause;
import io.github.nettybpf.tools.Command;
import io.github.nettybpf.tools.WrongFiles;
import io.github.nettybpf.tools.capture.CaptureBytes;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvFileSource;
import org.junit.jupiter.params.provider.ValueSource;

class ExplainTest {
    private static final String FRAME = "ffffffffffff0200000000010806000108000604";

    @TempDir
    private Path directory;

    /** The effect is that of the last instruction but one, or of the last where it ends the program unasked. */
    @ParameterizedTest(name = "{0}: {1}")
    @CsvFileSource(resources = "explain.txt", delimiter = '|')
    void saysWhatHappenedAndWhy(
            String rule, String program, String packet, String extension, String effect, String why) {
        List<String> command =
                new ArrayList<>(List.of("explain", program.replace("; ", "\n"), packet.replace("''", "")));
        if (!extension.equals("-")) {
            command.add("--ext");
            command.add(extension);
        }
        Command run = Command.run("", command.toArray(String[]::new));
        assertEquals("", run.err());
        List<String> lines = run.out().lines().toList();
        boolean ends = lines.size() == 4 || lines.get(lines.size() - 3).contains(": ends with ");
        String step = lines.get(lines.size() - (ends ? 3 : 4));
        assertTrue(step.endsWith("   " + effect), step);
        assertEquals(why, lines.get(lines.size() - 1));
    }

    @Test
    void writesTheWay() {
        assertEquals(new Command(0, """
                packet: 20 bytes
                000  ldh  [12]      A 0 -> 0x806 (2054); bytes 12..13: 08 06
                001  jeq  #0x806    A is 0x806: on to 002
                002  ret  #262144   ends
                verdict 262144
                Kept whole (20 bytes): ret #262144 at 002, because at 001 A (bytes 12..13) was 0x806.
                """, ""), Command.run("", "explain", "arp", FRAME));
    }

    /** Paths, verdicts and reasons are the machine's; where a load failed, so it would for all. */
    @Test
    void agreesWithTheMachineOnRandomPrograms() {
        int[] causes = explainRandomPrograms(6, 2_500);
        assertTrue(Arrays.stream(causes).filter(count -> count > 20).count() >= 4, Arrays.toString(causes));
    }

    @Test
    @Tag("soak")
    void agreesWithTheMachineForLong() {
        long end = System.nanoTime() + Long.getLong("soak.seconds", 60) * 1_000_000_000L;
        long seed = System.nanoTime();
        System.out.println("explanations, first seed " + seed);
        for (; System.nanoTime() < end; seed++) {
            explainRandomPrograms(seed, 6_000);
        }
    }

    /** {@return how many programs have ended for each cause} */
    private static int[] explainRandomPrograms(long seed, int programs) {
        RandomPrograms random = RandomPrograms.deterministic(seed);
        int[] causes = new int[Cause.values().length];
        for (int i = 0; i < programs; i++) {
            Program program = i % 2 == 0 ? random.program() : random.tests();
            byte[] bytes = i % 2 == 0 ? random.packet() : random.smallPacket();
            Packet packet = Packet.of(bytes);
            PacketTrace trace = PacketTrace.of(program, packet);
            SteppingMachine machine = new SteppingMachine(program, packet);
            List<Integer> path = new ArrayList<>();
            while (machine.end().isEmpty()) {
                path.add(machine.pc());
                machine.step();
            }
            Supplier<String> what =
                    () -> "seed " + seed + "\n" + program + HexFormat.of().formatHex(bytes) + "\n" + trace.sentence();
            assertEquals(Filter.interpret(program).run(packet), trace.verdict(), what);
            assertEquals(path, trace.steps().stream().map(PacketTrace.Step::pc).toList(), what);
            String sentence = trace.sentence();
            Cause cause = machine.end().orElseThrow().cause();
            causes[List.of(Cause.values()).indexOf(cause)]++;
            assertEquals(trace.verdict() == 0, sentence.startsWith("Dropped: "), what);
            assertTrue(sentence.contains(String.format(" at %03d", path.get(path.size() - 1))), what);
            String mark =
                    switch (cause) {
                        case RETURNED -> ": ret ";
                        case OUT_OF_BOUNDS -> " asks for ";
                        case DIVISION_BY_ZERO -> " divides by X, which was 0.";
                        case NOT_KNOWN -> ", which is not known here ";
                        case NO_DEVICE -> " asks for the network interface, there is none, ";
                    };
            assertTrue(sentence.contains(mark), what);
        }
        return causes;
    }

    /** If the blamed test had the other outcome, a return of the other kind could have been reached. */
    @Test
    void blamesATestThatMattered() {
        RandomPrograms random = RandomPrograms.deterministic(7);
        int blamed = 0;
        for (int i = 0; i < 1_000; i++) {
            Program program = random.tests();
            PacketTrace trace = PacketTrace.of(program, Packet.of(random.smallPacket()));
            String sentence = trace.sentence();
            ReachableReturns outcomes = new ReachableReturns(program);
            int because = sentence.indexOf(", because at ");
            if (because > 0) {
                blamed++;
                int test = Integer.parseInt(sentence.substring(because + 13, sentence.indexOf(' ', because + 13)));
                assertTrue(outcomes.canKeep(test) && outcomes.canDrop(test), () -> program + sentence);
                List<Integer> path =
                        trace.steps().stream().map(PacketTrace.Step::pc).toList();
                int next = path.get(path.indexOf(test) + 1);
                assertFalse(outcomes.canKeep(next) && outcomes.canDrop(next), () -> program + sentence);
            }
        }
        assertTrue(blamed > 300, blamed + " blamed");
    }

    @Test
    void takesPacketsFromCaptures() throws IOException {
        byte[] arp = HexFormat.of().parseHex(FRAME);
        byte[] capture = CaptureBytes.pcap()
                .record(1, 0, 20, new byte[20])
                .record(2, 0, 1514, arp)
                .toByteArray();
        Path file = Files.write(directory.resolve("two.pcap"), capture);
        Command second = Command.run("", "explain", "arp", file.toString(), "--packet", "2");
        assertTrue(second.out().startsWith("packet 2 of " + file + ": 20 bytes, 1514 on the wire\n"), second.out());
        assertTrue(second.out().endsWith("because at 001 A (bytes 12..13) was 0x806.\n"), second.out());
        byte[] packed = CaptureBytes.gzip(capture);
        for (byte[] in : List.of(capture, packed)) {
            Command first = Command.run(new ByteArrayInputStream(in), "explain", "arp", "-");
            assertTrue(first.out().startsWith("packet 1 of standard input: 20 bytes\n"), first.out());
            assertTrue(first.out().endsWith("because at 001 A (bytes 12..13) was 0 and not 0x806.\n"), first.out());
        }
        Path raw = Files.write(
                directory.resolve("raw.pcap"),
                CaptureBytes.pcap(ByteOrder.BIG_ENDIAN, 0xa1b2c3d4, 101)
                        .record(1, 0, 20, HexFormat.of().parseHex("45000014000000004006000001020304050607ff"))
                        .toByteArray());
        String expression =
                Command.run("", "explain", "ip proto 6", raw.toString()).out();
        assertTrue(expression.contains("byte 9: 06"), expression);
    }

    @ParameterizedTest
    @ValueSource(strings = {"0a14", "0a 14", "0A:14", "\n0a\n14\n"})
    void takesHexadecimal(String packet) throws IOException {
        Path file = Files.writeString(directory.resolve("hex"), packet);
        String why = "Kept whole (2 bytes): ret a at 001, and A (byte 1) was 0x14 (20).\n";
        assertTrue(Command.run("", "explain", "ldb [1] ret a", packet).out().endsWith(why));
        assertTrue(Command.run("", "explain", "ldb [1] ret a", file.toString())
                .out()
                .endsWith(why));
        assertTrue(Command.run(packet, "explain", "ldb [1] ret a", "-").out().endsWith(why));
    }

    @ParameterizedTest(name = "{0}")
    @CsvFileSource(resources = "explain-errors.txt", delimiter = '|', emptyValue = "")
    void refusesInOneLine(String rule, String arguments, int code, String message) throws IOException {
        WrongFiles files = new WrongFiles(directory);
        Command run = Command.run(files.in(), files.arguments("explain", arguments));
        assertEquals(code, run.code(), run.err());
        assertEquals("bpf explain: " + message, files.firstLine(run));
        assertEquals("", run.out());
    }
}
