package io.github.nettybpf.tools.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.nettybpf.netty.KernelOracle;
import io.github.nettybpf.tools.Command;
import io.github.nettybpf.tools.Session;
import io.github.nettybpf.tools.capture.CaptureBytes;
import io.github.nettybpf.tools.capture.CaptureInterface;
import io.github.nettybpf.tools.capture.CaptureReader;
import io.github.nettybpf.tools.capture.CapturedPacket;
import io.github.nettybpf.tools.cli.Bpf;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class RunTest {
    private static final byte[] ARP = HexFormat.of().parseHex("ffffffffffff0202020202020806" + "00".repeat(28));
    private static final byte[] IP = HexFormat.of().parseHex("0202020202020202020202020800" + "45".repeat(60));
    private static final String ARP_PROGRAM = "4,40 0 0 12,21 0 1 2054,6 0 0 20,6 0 0 0";

    @TempDir
    private Path directory;

    private String file(String name, CaptureBytes capture) throws IOException {
        return Files.write(directory.resolve(name), capture.toByteArray()).toString();
    }

    private static CaptureBytes two() {
        return CaptureBytes.pcap().record(1, 2, 42, ARP).record(3, 4, 1500, IP);
    }

    private static Command run(String... args) {
        String[] all = new String[args.length + 1];
        all[0] = "run";
        System.arraycopy(args, 0, all, 1, args.length);
        return Command.run("", all);
    }

    private static List<String> packets(Path capture) throws IOException {
        List<String> packets = new ArrayList<>();
        try (CaptureReader reader = CaptureReader.open(capture)) {
            for (CapturedPacket packet = reader.next(); packet != null; packet = reader.next()) {
                packets.add(packet.time() + " link " + packet.origin().linkType() + " "
                        + packet.origin().name() + " " + packet.length() + " of " + packet.wireLength());
            }
        }
        return packets;
    }

    @ParameterizedTest
    @EnumSource(Engine.class)
    void countsLikeBpfDbg(Engine engine) throws IOException {
        assumeTrue(
                engine != Engine.KERNEL || KernelOracle.unavailabilityCause() == null,
                "no native epoll library here to ask the kernel with");
        String capture = file("two.pcap", two());
        assertEquals(
                new Command(0, "bpf passes:1 fails:1\n", ""), run("--engine", engine.toString(), ARP_PROGRAM, capture));
    }

    @Test
    void readsFilesAndStandardInputPackedOrNot() throws IOException {
        String one = file("one.pcap", two());
        Path packed = Files.write(directory.resolve("a.gz"), CaptureBytes.gzip(two().toByteArray()));
        Command run =
                Command.run(new ByteArrayInputStream(two().toByteArray()), "run", "ip", one, "-", packed.toString());
        assertEquals(
                new Command(
                        0,
                        one + ": bpf passes:1 fails:1\nstandard input: bpf passes:1 fails:1\n" + packed
                                + ": bpf passes:1 fails:1\ntotal: bpf passes:3 fails:3\n",
                        ""),
                run);
        assertEquals(new Command(0, "bpf passes:0 fails:1\n", ""), run("ip", one, "--limit", "1"));
    }

    /** len is the length on the wire, and loads end where the captured bytes do. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "ld len; jeq #1500, l, n; l: ret #1; n: ret #0 | 1",
                "ldb [42]; ret #1 | 1",
                "ldb [41]; ret #1 | 2",
                "ldb [0xfff00000]; jeq #0x45, l, n; l: ret #1; n: ret #0 | 1",
                "ldh [0xffe0000c]; jeq #0x806, l, n; l: ret #1; n: ret #0 | 1"
            })
    void seesTheCapture(String program, int passes) throws IOException {
        String capture = file("two.pcap", two());
        for (String engine : List.of("interpreter", "compiler")) {
            assertEquals(
                    new Command(0, "bpf passes:" + passes + " fails:" + (2 - passes) + "\n", ""),
                    run(program.replace(';', '\n'), capture, "--engine", engine));
        }
    }

    @Test
    void compilesAnExpressionForEachLinkType() throws IOException {
        byte[] raw = Arrays.copyOfRange(IP, 14, IP.length);
        for (ByteOrder order : List.of(ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN)) {
            CaptureBytes loopback = new CaptureBytes(order).u32(2).bytes(raw);
            String capture = file(
                    "ng",
                    CaptureBytes.pcapng(order)
                            .describe(1, 0)
                            .describe(101, 0)
                            .describe(0, 0)
                            .enhanced(0, 0, 74, IP)
                            .enhanced(1, 0, 60, raw)
                            .enhanced(0, 0, 42, ARP)
                            .enhanced(2, 0, 64, loopback.toByteArray()));
            assertEquals(new Command(0, "bpf passes:3 fails:1\n", ""), run("ip", capture));
        }
        String usb = file(
                "usb",
                CaptureBytes.pcap(ByteOrder.LITTLE_ENDIAN, 0xa1b2c3d4, 220).record(0, 0, 74, IP));
        assertEquals(
                new Command(
                        1,
                        "bpf passes:0 fails:0\n",
                        "bpf run: " + usb
                                + ": packet 1: link type 220, which expressions do not know (expected: --link-type, or a program)\n"),
                run("ip", usb));
        assertEquals(new Command(0, "bpf passes:1 fails:0\n", ""), run("ip", usb, "--link-type", "EN10MB"));
    }

    @Test
    void keepsWhatPassesAsFarAsTheVerdictSays() throws IOException {
        String pcap =
                file("a", CaptureBytes.pcap(ByteOrder.BIG_ENDIAN, 0xa1b23c4d, 1).record(1, 2, 42, ARP));
        String ng = file(
                "b",
                CaptureBytes.pcapng(ByteOrder.BIG_ENDIAN)
                        .describe(113, 20, 2, "eth0".getBytes(StandardCharsets.UTF_8), 9, new byte[] {(byte) 0x81})
                        .enhanced(0, 3, 900, ARP)
                        .enhanced(0, 4, 901, IP));
        Path kept = directory.resolve("kept");
        Command run = run(ARP_PROGRAM, pcap, ng, "--write", kept.toString());
        assertEquals("total: bpf passes:2 fails:1", run.out().lines().toList().get(2));
        List<String> expected = List.of(
                "1970-01-01T00:00:01.000000002Z link 1  20 of 42", "1970-01-01T00:00:01.500Z link 113 eth0 20 of 900");
        assertEquals(expected, packets(kept));
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        assertEquals(
                0,
                Bpf.run(
                        new Session(new ByteArrayInputStream(new byte[0]), out, err),
                        "run",
                        ARP_PROGRAM,
                        pcap,
                        ng,
                        "-w",
                        "-"));
        assertEquals(run.out(), err.toString(StandardCharsets.UTF_8));
        assertEquals(expected, packets(Files.write(directory.resolve("o"), out.toByteArray())));
        try (Stream<Path> files = Files.list(directory)) {
            assertEquals(4, files.count());
        }
    }

    /** The header of NULL is in the order of the machine; that of Ethernet is not, and needs no section of its own. */
    @Test
    void keepsTheByteOrderThatHeadersAreIn() throws IOException {
        String big = file("big.pcap", family(ByteOrder.BIG_ENDIAN));
        String little = file("little.pcap", family(ByteOrder.LITTLE_ENDIAN));
        String ethernet = file("ethernet.pcap", two());
        String kept = directory.resolve("kept.pcapng").toString();
        for (List<String> captures :
                List.of(List.of(big, ethernet), List.of(little, big), List.of(ethernet, big, little, ethernet))) {
            List<String> arguments = new ArrayList<>(List.of("ip", "--write", kept));
            arguments.addAll(captures);
            run(arguments.toArray(String[]::new));
            assertEquals(new Command(0, "bpf passes:" + captures.size() + " fails:0\n", ""), run("ip", kept));
        }
        run("ip", big, ethernet, "--write", kept);
        byte[] bytes = Files.readAllBytes(Path.of(kept));
        assertEquals(
                0x1a2b3c4d, ByteBuffer.wrap(bytes).order(ByteOrder.BIG_ENDIAN).getInt(8));
        run("ip", file("none.pcap", CaptureBytes.pcap()), "--write", kept);
        assertEquals(72, Files.size(Path.of(kept)));
        assertEquals(new Command(0, "bpf passes:0 fails:0\n", ""), run("ip", kept));
    }

    /** tcpdump opens no capture without an interface. */
    @Test
    void describesAnInterfaceIfNothingIsKept() throws IOException {
        Path kept = directory.resolve("kept.pcapng");
        run(
                "ip6",
                file(
                        "sll.pcap",
                        CaptureBytes.pcap(ByteOrder.BIG_ENDIAN, 0xa1b23c4d, 113).record(1, 2, 42, ARP)),
                "--write",
                kept.toString());
        assertEquals(new CaptureInterface(113, ByteOrder.BIG_ENDIAN, "", 9, 0), firstInterface(kept));
        run(
                "ip6",
                file(
                        "two.pcapng",
                        CaptureBytes.pcapng(ByteOrder.LITTLE_ENDIAN)
                                .describe(101, 0)
                                .describe(1, 0)),
                "--write",
                kept.toString());
        assertEquals(new CaptureInterface(101, ByteOrder.LITTLE_ENDIAN, "", 6, 0), firstInterface(kept));
        run("ip6", file("none.pcapng", CaptureBytes.pcapng(ByteOrder.BIG_ENDIAN)), "--write", kept.toString());
        assertEquals(new CaptureInterface(1, ByteOrder.LITTLE_ENDIAN, "", 6, 0), firstInterface(kept));
    }

    private static @Nullable CaptureInterface firstInterface(Path capture) throws IOException {
        try (CaptureReader reader = CaptureReader.open(capture)) {
            assertNull(reader.next());
            return reader.firstInterface();
        }
    }

    /** The file that is replaced says who may read it, and its name may be as long as names can be. */
    @Test
    void replacesAFileAsItWas() throws IOException {
        Path kept = Files.createFile(directory.resolve("k".repeat(255)));
        assumeTrue(
                Files.getFileStore(kept).supportsFileAttributeView(PosixFileAttributeView.class),
                "no permissions of POSIX here");
        Files.setPosixFilePermissions(kept, PosixFilePermissions.fromString("rw-r-----"));
        assertEquals(
                new Command(0, "bpf passes:1 fails:1\n", ""),
                run("ip", file("two.pcap", two()), "--write", kept.toString()));
        assertEquals(1, packets(kept).size());
        assertEquals("rw-r-----", PosixFilePermissions.toString(Files.getPosixFilePermissions(kept)));
    }

    @Test
    void keepsMoreInterfacesThanASectionHolds() throws IOException {
        CaptureBytes many = CaptureBytes.pcapng(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i <= 1 << 16; i++) {
            if (i > 0) {
                many.section();
            }
            String name = String.format(Locale.ROOT, "%08d", i);
            many.describe(1, 0, 2, name.getBytes(StandardCharsets.US_ASCII)).enhanced(0, 1, 0, new byte[0]);
        }
        String kept = directory.resolve("kept.pcapng").toString();
        String all = "bpf passes:65537 fails:0\n";
        assertEquals(new Command(0, all, ""), run("ret #1", file("many.pcapng", many), "--write", kept));
        assertEquals(new Command(0, all, ""), run("ret #1", kept));
        List<String> packets = packets(Path.of(kept));
        assertEquals("1970-01-01T00:00:00.000001Z link 1 00065536 0 of 0", packets.get(1 << 16));
    }

    private static CaptureBytes family(ByteOrder order) {
        byte[] packet = new byte[24];
        ByteBuffer.wrap(packet).order(order).putInt(2).put((byte) 0x45);
        return CaptureBytes.pcap(order, 0xa1b2c3d4, 0).record(1, 2, 24, packet);
    }

    @Test
    void processesTheGoodPart() throws IOException {
        byte[] bytes = two().toByteArray();
        Path cut = Files.write(directory.resolve("cut"), Arrays.copyOf(bytes, bytes.length - 1));
        Path kept = directory.resolve("kept");
        String problem = "byte 171: the capture ends inside packet 2, which begins at byte 82 (expected: 1 more bytes)";
        assertEquals(
                new Command(1, "bpf passes:1 fails:0\n", "bpf run: " + cut + ": " + problem + "\n"),
                run("arp", cut.toString(), "--write", kept.toString()));
        assertEquals(1, packets(kept).size());
    }

    @Test
    void whatCannotBeWrittenLeavesWhatWasThere() throws IOException {
        String capture = file("two.pcap", two());
        assertEquals(
                new Command(1, "", "bpf run: --write: " + capture + " is read too (expected: another file)\n"),
                run("arp", capture, "--write", capture));
        assertEquals(2, packets(Path.of(capture)).size());
        assertEquals(
                new Command(1, "", "bpf run: --write: " + directory + " (expected: a file)\n"),
                run("arp", capture, "--write", directory.toString()));
        assertEquals(
                new Command(1, "", "bpf run: --write: " + directory + "/no/x: no such file\n"),
                run("arp", capture, "--write", directory + "/no/x"));
        assertFalse(Files.exists(directory.resolve("no")));
    }

    @Test
    void aFullDiskIsTold() throws IOException {
        assumeTrue(Files.exists(Path.of("/dev/full")), "no /dev/full here");
        String capture = file("two.pcap", two());
        assertEquals(
                new Command(1, "bpf passes:1 fails:1\n", "bpf run: --write: /dev/full: No space left on device\n"),
                run("arp", capture, "--write", "/dev/full"));
    }

    @Test
    void aReaderThatHasGoneEndsIt() throws IOException {
        OutputStream broken = new OutputStream() {
            @Override
            public void write(int value) throws IOException {
                throw new IOException("Broken pipe");
            }
        };
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        String capture = file("two.pcap", two());
        assertEquals(
                0,
                Bpf.run(
                        new Session(new ByteArrayInputStream(new byte[0]), broken, err),
                        "run",
                        "arp",
                        capture,
                        "-w",
                        "-"));
    }

    /** NAME is a capture, TEXT a file that is none. */
    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "nothing | | 2 | no PROGRAM (expected: PROGRAM CAPTURE...)",
                "no capture | arp | 2 | no CAPTURE (expected: PROGRAM CAPTURE...)",
                "an option that is none | arp NAME --writ x | 2 | '--writ' (expected: --by-rule, --engine, --expression, --help, --json, --limit, --link-type, --netmask, --notation, --placement, --set, --version, --write; did you mean '--write'?)",
                "an engine that is none | arp NAME --engine jit | 2 | --engine: 'jit' (expected: interpreter, compiler, kernel)",
                "a limit of 0 | arp NAME --limit 0 | 2 | --limit: '0' (expected: 1..999999999999999999)",
                "a limit of -1 | arp NAME --limit -1 | 2 | --limit: '-1' (expected: 1..999999999999999999)",
                "a limit that is no number | arp NAME --limit x | 2 | --limit: 'x' (expected: 1..999999999999999999)",
                "a link type that is none | arp NAME --link-type X | 2 | --link-type: 'X' (expected: EN10MB, RAW, LINUX_SLL, LINUX_SLL2, NULL, LOOP, PPP, PPP_ETHER, C_HDLC, FRELAY, IPNET, IEEE802_11, IEEE802_11_RADIO or OTHER)",
                "a notation that is none | arp NAME --notation X | 2 | --notation: 'X' (expected: asm, listing, bytecode, c, ddd or hex)",
                "two ways to take the program | arp NAME -e --notation asm | 2 | --expression and --notation (expected: one of them)",
                "no such capture | arp nowhere | 1 | nowhere: no such file",
                "a folder | arp DIR | 1 | DIR: is a directory (expected: a file)",
                "no name | arp NONAME | 1 | '': no name of a file",
                "text | arp TEXT | 1 | TEXT: byte 0: 0x6e6f2063 (expected: a capture in pcap or pcapng format)",
                "an empty file | arp EMPTY | 1 | EMPTY: byte 0: nothing (expected: a capture in pcap or pcapng format)",
                "an expression with a typo | tpc NAME | 1 | PROGRAM: no file of this name; as an expression: column 1: 'tpc' (expected: a protocol, host, net, port, a comparison, 'not' or '('; did you mean 'tcp'?)",
                "the same on nothing | tpc EMPTY | 1 | PROGRAM: no file of this name; as an expression: column 1: 'tpc' (expected: a protocol, host, net, port, a comparison, 'not' or '('; did you mean 'tcp'?)",
                "a program that the kernel refuses | 1,0~0~0~0 NAME | 1 | PROGRAM: line 1, column 3: insn 0: ld #0: last instruction (expected: ret #k or ret a)",
                "assembly with a typo | ret~#x NAME | 1 | PROGRAM: line 1, column 6: 'x' (expected: a number)",
                "what captures do not tell | ld~mark~ret~a NAME | 1 | insn 0 reads mark, which is not in a capture",
                "the kernel and the wire | ld~len~ret~a NAME --engine kernel | 1 | NAME: --engine kernel: packet 2 has 74 of 1500 bytes, and the program reads len (expected: another engine)",
                "the kernel and headers | ld~[0xfff00000]~ret~a NAME --engine kernel | 1 | --engine kernel: insn 0 reads the network header, which a unix socket does not have (expected: another engine)",
                "standard input twice | - - | 2 | standard input twice (expected: at most one -)",
                "standard input for two captures | arp - - | 2 | standard input twice (expected: at most one -)",
            })
    void badInputIsToldInOneLine(String name, String args, int code, String message) throws IOException {
        String capture = file("two.pcap", two());
        Files.writeString(directory.resolve("text"), "no capture");
        Files.createFile(directory.resolve("empty"));
        List<String> words = new ArrayList<>();
        for (String word : args == null ? new String[0] : args.split(" ", -1)) {
            words.add(filled(word.equals("NONAME") ? "" : word, capture).replace('~', ' '));
        }
        Command run = run(words.toArray(String[]::new));
        assertEquals(code, run.code(), run.err());
        assertEquals(
                "bpf run: " + filled(message, capture),
                run.err().lines().findFirst().orElse(""));
        assertTrue(run.err().lines().count() <= 3, run.err());
    }

    private String filled(String text, String capture) {
        return text.replace("NAME", capture)
                .replace("TEXT", directory.resolve("text").toString())
                .replace("EMPTY", directory.resolve("empty").toString())
                .replace("DIR", directory.toString());
    }
}
