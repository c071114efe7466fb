package io.github.nettybpf.tools.dbg;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.nettybpf.core.Program;
import io.github.nettybpf.core.RawInstruction;
import io.github.nettybpf.core.VerificationException;
import io.github.nettybpf.netty.KernelOracle;
import io.github.nettybpf.tools.Command;
import io.github.nettybpf.tools.capture.CaptureBytes;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Dialogues are files: their lines that begin with {@code > } are given to the command, and its output has to be the
 * whole file. dbg-documentation.txt and dbg-machine.txt are the output of the kernel's bpf_dbg, but for its messages of
 * errors.
 */
class DbgTest {
    /** The packet of Documentation/networking/filter.rst of the kernel. */
    private static final byte[] ARP = HexFormat.of()
            .parseHex("0019cb5555a40014a443786908060001080006040001" + "0014a44378690a3b01260000000000000a3b0101");

    private static final byte[] ICMP = ip(1, 8);
    private static final byte[] TCP = ip(6, 20);
    private static final byte[] UDP = ip(17, 12);

    @TempDir
    private Path folder;

    private Path capture = Path.of("");

    private static byte[] ip(int protocol, int payload) {
        ByteBuffer packet = ByteBuffer.allocate(34 + payload);
        packet.put(HexFormat.of().parseHex("0019cb5555a40014a443786908004500"));
        packet.putShort((short) (20 + payload)).putInt(0).put((byte) 64).put((byte) protocol);
        packet.putShort((short) 0).putInt(0x0a3b0126).putInt(0x0a3b0101);
        for (int i = 0; i < payload; i++) {
            packet.put((byte) i);
        }
        return packet.array();
    }

    private Path capture(String name, byte[]... packets) throws IOException {
        return write(folder.resolve(name), packets);
    }

    private static Path write(Path file, byte[]... packets) throws IOException {
        CaptureBytes bytes = CaptureBytes.pcap();
        for (byte[] packet : packets) {
            bytes.record(1, 2, packet.length, packet);
        }
        return Files.write(file, bytes.toByteArray());
    }

    /** {@return a capture of ten packets, which it writes to a folder} */
    static Path tenPackets(Path folder) throws IOException {
        return write(folder.resolve("ten.pcap"), ARP, UDP, TCP, ICMP, ARP, UDP, TCP, TCP, UDP, ARP);
    }

    @BeforeEach
    void capture() throws IOException {
        capture = tenPackets(folder);
    }

    private Command dbg(String... commands) {
        String script = String.join("\n", commands).replace("CAPTURE", capture.toString());
        return Command.run(script, "dbg");
    }

    /** {@return the output without the commands} */
    static String answers(Command run) {
        return run.out().lines().filter(line -> !line.startsWith("> ")).collect(Collectors.joining("\n"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"dbg-documentation.txt", "dbg-machine.txt", "dbg-beyond.txt"})
    void holdsTheDialogue(String file) throws IOException {
        assumeTrue(
                !file.equals("dbg-beyond.txt") || KernelOracle.unavailabilityCause() == null,
                () -> "no kernel to ask: " + KernelOracle.unavailabilityCause());
        String dialogue;
        try (InputStream in = DbgTest.class.getResourceAsStream(file)) {
            dialogue = new String(in.readAllBytes(), StandardCharsets.UTF_8).replace("CAPTURE", capture.toString());
        }
        String script = script(dialogue);
        assertEquals(new Command(0, dialogue, ""), Command.run(script, "dbg"));

        Path input = Files.writeString(folder.resolve("input"), script);
        Path output = folder.resolve("output");
        assertEquals(new Command(0, dialogue, ""), Command.run("", "dbg", input.toString()));
        assertEquals(new Command(0, "", ""), Command.run("", "dbg", input.toString(), output.toString()));
        assertEquals(dialogue, Files.readString(output));
        assertEquals(new Command(0, "", ""), Command.run(script, "dbg", "-", output.toString()));
        assertEquals(dialogue, Files.readString(output));
    }

    @Test
    void aMinusIsStandardOutput() {
        assertEquals(new Command(0, "> quit\n", ""), Command.run("quit\n", "dbg", "-", "-"));
    }

    @Test
    void theCommandsAreNotOverwritten() throws IOException {
        Path input = Files.writeString(folder.resolve("input"), "quit\n");
        Path link = Files.createSymbolicLink(folder.resolve("link"), input);
        assertEquals(
                new Command(1, "", "bpf dbg: " + link + " is read too (expected: another file)\n"),
                Command.run("", "dbg", input.toString(), link.toString()));
        assertEquals("quit\n", Files.readString(input));
    }

    /** The session of docs/tools.md. */
    @Test
    void holdsTheDocumentedDialogue() throws IOException {
        assumeTrue(
                KernelOracle.unavailabilityCause() == null,
                () -> "no kernel to ask: " + KernelOracle.unavailabilityCause());
        String section = Files.readString(Path.of("../docs/tools.md")).split("\n## bpf dbg\n", -1)[1];
        String dialogue = section.lines()
                .dropWhile(line -> !line.startsWith("    > "))
                .takeWhile(line -> !line.isEmpty())
                .map(line -> line.substring(4) + "\n")
                .collect(Collectors.joining())
                .replace("ten.pcap", capture.toString());
        assertEquals(new Command(0, dialogue, ""), Command.run(script(dialogue), "dbg"));
    }

    private static String script(String dialogue) {
        return dialogue.lines()
                .filter(line -> line.startsWith("> "))
                .map(line -> line.substring(2) + "\n")
                .collect(Collectors.joining());
    }

    @Test
    void selectCountsFrom1AlsoInAFileOfOnePacket() throws IOException {
        capture = capture("one.pcap", ICMP);
        Command run =
                dbg("load bpf icmp", "load pcap CAPTURE", "select 1", "step", "select 1", "run", "select 2", "run");
        assertEquals(
                new Command(
                        1, run.out(), "bpf dbg: standard input: line 7: no packet #2 available! (expected: 1..1)\n"),
                run);
        assertTrue(run.out().contains("\nlen: 42\n  0: 00 19 cb 55 55 a4 00 14 a4 43 78 69 08 00 45 00 \n"), run.out());
        assertTrue(run.out().endsWith("bpf passes:1 fails:0\n"), run.out());
    }

    @Test
    void showsWhatWasNotCaptured() throws IOException {
        byte[] cut = Arrays.copyOf(ICMP, 20);
        Files.write(
                folder.resolve("cut.pcap"),
                CaptureBytes.pcap()
                        .record(1, 2, 1500, cut)
                        .record(1, 2, 60, new byte[0])
                        .toByteArray());
        capture = folder.resolve("cut.pcap");
        assertEquals(
                new Command(0, """
                > load pcap CAPTURE
                > load bpf ld len\\nret a
                > step 2
                -- register dump --
                pc:       [1]
                code:     [22] jt[0] jf[0] k[0]
                curr:     l1:\tret a
                A:        [0x0005dc][1500]
                X:        [00000000][0]
                M[0,15]:  [00000000][0]
                -- packet dump --
                cap: 20, len: 1500
                  0: 00 19 cb 55 55 a4 00 14 a4 43 78 69 08 00 45 00\s
                 16: 00 1c 00 00\s
                (breakpoint)
                (next packet)
                > step
                -- register dump --
                pc:       [0]
                code:     [128] jt[0] jf[0] k[0]
                curr:     l0:\tld #len
                A:        [00000000][0]
                X:        [00000000][0]
                M[0,15]:  [00000000][0]
                -- packet dump --
                cap: 0, len: 60
                  0:\s
                (breakpoint)
                > verify kernel
                kernel 0, interpreter the same
                here 60: a unix socket has other headers, extensions or length than this packet
                """.replace("CAPTURE", capture.toString()), ""),
                dbg("load pcap CAPTURE", "load bpf ld len\\nret a", "step 2", "step", "verify kernel"));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "equal | A == 0x800 | 7",
                "not equal | A != 2048 | 3",
                "less | A < 0x801 | 7",
                "less or equal | A <= 0x800 | 7",
                "greater | A>0x800 | 3",
                "greater or equal | a >= 0x800 | 10",
                "a bit in common | A & 0x6 | 3",
                "unsigned | A < 0xffffffff | 10",
                "X | X == 0 | 10",
                "a scratch slot | m[2] == 9 | 10",
                "the length | len == 46 | 3",
            })
    void stopsUnderAConditionOnly(String rule, String condition, int stops) {
        String[] commands = new String[4 + stops];
        Arrays.fill(commands, "run");
        commands[0] = "load bpf ldi #9\\nst M[2]\\nldh [12]\\nret a";
        commands[1] = "load pcap CAPTURE";
        commands[2] = "breakpoint 3 if " + condition;
        Command run = dbg(commands);
        assertEquals(0, run.code(), run.err());
        assertEquals(stops, answers(run).lines().filter("(breakpoint)"::equals).count(), rule);
        assertTrue(run.out().endsWith("bpf passes:10 fails:0\n"), run.out());
    }

    @Test
    void readsAnExpressionForTheLinkTypeOfTheCapture() throws IOException {
        Files.write(
                folder.resolve("raw.pcap"),
                CaptureBytes.pcap(ByteOrder.BIG_ENDIAN, 0xa1b2c3d4, 101)
                        .record(1, 2, 28, Arrays.copyOfRange(ICMP, 14, 42))
                        .toByteArray());
        String raw = folder.resolve("raw.pcap").toString();
        Command run = dbg(
                "load bpf icmp",
                "load pcap CAPTURE",
                "run",
                "load pcap " + raw,
                "breakpoint",
                "run",
                "load bpf udp",
                "run");
        assertEquals(0, run.code(), run.err());
        assertEquals("bpf passes:1 fails:9\nbreakpoints: \nbpf passes:1 fails:0\nbpf passes:0 fails:1", answers(run));
    }

    /** Two interfaces, Ethernet and raw IP; and packets of loopback interfaces of both byte orders. */
    private Path severalLinkTypes() throws IOException {
        byte[] rawTcp = Arrays.copyOfRange(TCP, 14, TCP.length);
        byte[] rawUdp = Arrays.copyOfRange(UDP, 14, UDP.length);
        byte[] little = ByteBuffer.allocate(4 + rawTcp.length)
                .put(new byte[] {2, 0, 0, 0})
                .put(rawTcp)
                .array();
        byte[] big = ByteBuffer.allocate(4 + rawTcp.length)
                .put(new byte[] {0, 0, 0, 2})
                .put(rawTcp)
                .array();
        CaptureBytes first = CaptureBytes.pcapng(ByteOrder.LITTLE_ENDIAN)
                .describe(1, 0)
                .describe(101, 0)
                .describe(0, 0)
                .enhanced(0, 1, UDP.length, UDP)
                .enhanced(1, 2, rawTcp.length, rawTcp)
                .enhanced(1, 3, rawUdp.length, rawUdp)
                .enhanced(2, 4, little.length, little)
                .enhanced(0, 5, TCP.length, TCP);
        CaptureBytes second =
                CaptureBytes.pcapng(ByteOrder.BIG_ENDIAN).describe(0, 0).enhanced(0, 6, big.length, big);
        return Files.write(
                folder.resolve("several.pcapng"),
                first.bytes(second.toByteArray()).toByteArray());
    }

    @ParameterizedTest
    @CsvSource({"tcp, 4, 2, ''", "udp, 2, 4, ''", "ip, 6, 0, ''", "arp, 0, 6, RAW NULL LOOP", "len >= 14, 6, 0, ''"})
    void runsTheProgramForTheLinkTypeOfEachPacket(String expression, int passes, int fails, String rejecting)
            throws IOException {
        String several = severalLinkTypes().toString();
        String counts = "bpf passes:" + passes + " fails:" + fails;
        String warnings = rejecting
                .replaceAll("\\w+ ?", "warning: expression rejects all packets of link type $0\n")
                .replace(" \n", "\n");
        assertEquals(new Command(0, counts + "\n", warnings), Command.run("", "run", expression, several));
        assertEquals(counts, answers(dbg("load bpf " + expression, "load pcap " + several, "run")));
        assertEquals(counts, answers(dbg("load pcap " + several, "load bpf " + expression, "run")));
        assertEquals(
                counts,
                answers(dbg("load pcap " + several, "select 2", "load bpf " + expression, "select 1", "run"))
                        .replaceFirst("^\\(link type .*\n", ""));
    }

    /** Breakpoints and counts are of one program, and each link type has its own. */
    @Test
    void saysThatAnExpressionIsAnotherProgramForAnotherLinkType() throws IOException {
        Command run = dbg(
                "load pcap " + severalLinkTypes(),
                "load bpf tcp",
                "breakpoint 1",
                "select 2",
                "breakpoint",
                "disassemble 0",
                "next pass",
                "next pass",
                "select 1",
                "breakpoint",
                "disassemble 0");
        assertEquals(0, run.code(), run.err());
        assertEquals("""
                breakpoint at: l1:	jeq #0x800, l7, l2
                (link type RAW: the expression is another program here)
                breakpoints:\s
                l0:	ldb [0]
                packet #4: verdict 262144 by insn 12
                (link type NULL: the expression is another program here)
                packet #5: verdict 262144 by insn 9
                (link type EN10MB: the expression is another program here)
                breakpoints: 1\s
                l0:	ldh [12]""", answers(run));
    }

    @Test
    void stopsAtAPacketOfALinkTypeThatExpressionsDoNotKnow() throws IOException {
        Path file = Files.write(
                folder.resolve("unknown.pcapng"),
                CaptureBytes.pcapng(ByteOrder.LITTLE_ENDIAN)
                        .describe(1, 0)
                        .describe(999, 0)
                        .enhanced(0, 1, TCP.length, TCP)
                        .enhanced(1, 2, 4, new byte[4])
                        .enhanced(0, 3, TCP.length, TCP)
                        .toByteArray());
        Command run = dbg("load pcap " + file, "load bpf tcp", "run", "select 2", "disassemble", "select 3", "run");
        assertEquals("bpf passes:1 fails:0\nbpf passes:1 fails:0", answers(run));
        String problem = "packet #2: link type 999 (expected: one that expressions know)\n";
        assertEquals(
                "bpf dbg: standard input: line 3: " + problem + "bpf dbg: standard input: line 5: " + problem,
                run.err());
        assertEquals(1, run.code());
    }

    @Test
    void takesAProgramFromAFile() throws IOException {
        Path file =
                Files.writeString(folder.resolve("my program"), "ldh [12]\njne #0x806, drop\nret #-1\ndrop: ret #0\n");
        assertEquals("bpf passes:3 fails:7", answers(dbg("load bpf " + file, "load pcap CAPTURE", "run")));
    }

    @Test
    void theGoodPartOfADamagedCaptureCounts() throws IOException {
        byte[] whole = Files.readAllBytes(capture);
        Files.write(capture, Arrays.copyOf(whole, whole.length - 50));
        Command run = dbg(
                "load bpf arp", "load pcap CAPTURE", "run", "select 10", "next drop", "step", "select 9", "step +9");
        String cut = ": " + capture
                + ": byte 602: the capture ends inside packet 10, which begins at byte 594 (expected: 8 more bytes)\n";
        String expected = Stream.of(3, 4, 8)
                .map(line -> "bpf dbg: standard input: line " + line + cut)
                .collect(Collectors.joining());
        assertEquals(new Command(1, run.out(), expected), run);
        assertTrue(run.out().contains("\nbpf passes:2 fails:7\n"), run.out());
        assertTrue(run.out().contains("\npacket #2: verdict 0 by insn 3\n"), run.out());
    }

    @Test
    void everyInstructionHasAText() {
        int codes = 0;
        RawInstruction store = new RawInstruction(0x02, 0, 0, 1);
        RawInstruction end = new RawInstruction(0x06, 0, 0, 0);
        for (int code = 0; code <= 0xffff; code++) {
            Program program;
            try {
                program = Program.ofRaw(List.of(store, new RawInstruction(code, 0, 0, 1), end, end));
            } catch (VerificationException noInstruction) {
                continue;
            }
            codes++;
            String mnemonic = program.instructions().get(1).mnemonic();
            String line = RegisterDump.line(program, 1);
            assertTrue(line.startsWith("l1:\t" + mnemonic + " "), line);
        }
        assertEquals(49, codes);
    }
}
