package io.github.nettybpf.tools.explain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.nettybpf.core.Placement;
import io.github.nettybpf.netty.KernelOracle;
import io.github.nettybpf.netty.drops.DropFile;
import io.github.nettybpf.netty.drops.DropReason;
import io.github.nettybpf.netty.drops.DroppedPacket;
import io.github.nettybpf.tools.Command;
import io.github.nettybpf.tools.capture.CaptureBytes;
import io.github.nettybpf.tools.capture.CaptureReader;
import io.github.nettybpf.tools.capture.CapturedPacket;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the command does with files of dropped packets. */
class SampleFileTest {
    private static final Instant TIME = Instant.parse("2026-01-02T03:04:05.000000006Z");
    private static final String RULE = "insn 1: jeq #53: no: insn 3: ret #0";

    /** For a UDP socket: offset 2 is the destination port, offset 8 the first byte of the payload. */
    private static final String PROGRAM = "ldh [2]\njeq #53, keep, drop\nkeep: ret #9\ndrop: ret #0";

    @TempDir
    private Path directory;

    private String file = "";

    private static InetSocketAddress address(String ip, int port) throws IOException {
        return new InetSocketAddress(InetAddress.getByName(ip), port);
    }

    private static DroppedPacket sample(Placement placement, int port, String rule, String... ip) throws IOException {
        return new DroppedPacket(
                TIME,
                new byte[] {1, 2, 3},
                3,
                true,
                ip.length == 0 ? null : address(ip[0], 40000),
                ip.length == 0 ? null : address(ip[1], port),
                placement,
                DropReason.PROGRAM,
                rule,
                1,
                false);
    }

    @BeforeEach
    void write() throws IOException {
        Path path = directory.resolve("drops.pcapng");
        file = path.toString();
        try (DropFile drops = DropFile.open(path, DropFile.MIN_BYTES, 0)) {
            drops.dropped(sample(Placement.UDP_SOCKET, 5353, RULE, "192.0.2.1", "192.0.2.2"));
            drops.dropped(sample(Placement.UDP_SOCKET, 53, "dst port 53: no", "2001:db8::1", "2001:db8::2"));
            drops.dropped(sample(Placement.UDP_SOCKET, 80, RULE, "192.0.2.1", "192.0.2.2"));
        }
    }

    private static Command run(String... args) {
        return Command.run("", args);
    }

    @Test
    void readerReadsWhatWasWritten() throws IOException {
        List<String> packets = new ArrayList<>();
        List<CapturedPacket> copies = new ArrayList<>();
        try (CaptureReader reader = CaptureReader.open(Path.of(file))) {
            for (CapturedPacket packet = reader.next(); packet != null; packet = reader.next()) {
                copies.add(packet.copy());
                packets.add(packet.origin().name() + " " + packet.origin().linkType() + " " + packet.time() + " "
                        + packet.wireLength() + " " + HexFormat.of().formatHex(packet.toByteArray()) + " "
                        + packet.comment().orElseThrow());
            }
        }
        String made = "; IP and UDP header made up from the addresses";
        assertEquals(
                List.of(
                        "netty-bpf udp_socket 101 " + TIME + " 31 4500001f000040004011b6cac0000201c0000202"
                                + "9c4014e9000bc6a8010203 dropped by the program: " + RULE + made,
                        "netty-bpf udp_socket 101 " + TIME + " 51 60000000000b1140"
                                + "20010db8000000000000000000000001" + "20010db8000000000000000000000002"
                                + "9c400035000b03ec010203 dropped by the program: dst port 53: no" + made,
                        "netty-bpf udp_socket 101 " + TIME + " 31 4500001f000040004011b6cac0000201c0000202"
                                + "9c400050000bdb41010203 dropped by the program: " + RULE + made),
                packets);
        assertEquals(
                Optional.of("dropped by the program: dst port 53: no" + made),
                copies.get(1).comment());
    }

    private static String line(int number, String addresses, int length, String decided) {
        return "    " + number + "  " + TIME + "  " + addresses + "  " + length + " bytes  " + decided + "\n";
    }

    @Test
    void tellsTheRuleOfEachPacket() {
        String first = line(1, "192.0.2.1:40000 > 192.0.2.2:5353", 31, "verdict 0: " + RULE);
        String second = line(
                2, "[2001:db8::1]:40000 > [2001:db8::2]:53", 51, "verdict 9: insn 1: jeq #53: yes: insn 2: ret #9");
        String comment = "      comment: dropped by the program: dst port 53: no; IP and UDP header made up from the"
                + " addresses\n";
        String third = line(3, "192.0.2.1:40000 > 192.0.2.2:80", 31, "verdict 0: " + RULE);
        assertEquals(
                new Command(0, first + second + comment + third + """
                        hits       %    verdict  rule
                           2   66.67          0  insn 1: jeq #53: no: insn 3: ret #0
                           1   33.33          9  insn 1: jeq #53: yes: insn 2: ret #9
                           0 for each of the other 3 rules
                """, ""), run("explain", "--rules", PROGRAM, file));
        // An expression is compiled for the socket that the file names.
        Command expression = run("explain", "--rules", "dst port 53", file);
        assertEquals(
                line(1, "192.0.2.1:40000 > 192.0.2.2:5353", 31, "verdict 0: dst port 53: no (" + RULE + ")"),
                expression.out().lines().findFirst().orElseThrow() + "\n");
    }

    @Test
    void tellsTheRulesInJson() {
        String rule0 = "\"rule\":\"" + RULE + "\",\"insn\":3,\"test\":1,\"holds\":false";
        String rule9 = "\"rule\":\"insn 1: jeq #53: yes: insn 2: ret #9\",\"insn\":2,\"test\":1,\"holds\":true";
        String counts = "\"programs\":[{\"start\":\"placement udp_socket\",\"packets\":3,\"rules\":[{" + rule0
                + ",\"verdict\":0,\"hits\":2},{" + rule9 + ",\"verdict\":9,\"hits\":1}],\"rulesWithoutHits\":3}]";
        List<String> lines =
                run("explain", "--rules", "--json", PROGRAM, file).out().lines().toList();
        assertEquals(4, lines.size());
        assertEquals(
                "{\"packet\":2,\"time\":\"" + TIME + "\",\"source\":\"[2001:db8::1]:40000\","
                        + "\"destination\":\"[2001:db8::2]:53\",\"length\":51,\"wireLength\":51,\"verdict\":9,"
                        + rule9
                        + ",\"comment\":\"dropped by the program: dst port 53: no; IP and UDP header made up from"
                        + " the addresses\"}",
                lines.get(1));
        assertEquals("{" + counts + ",\"notShown\":0}", lines.get(3));
        assertEquals(
                new Command(
                        0,
                        "{\"captures\":[{\"capture\":\"" + file + "\",\"passes\":1,\"fails\":2,\"problem\":null}],"
                                + "\"passes\":1,\"fails\":2," + counts + "}\n",
                        ""),
                run("run", "--by-rule", "--json", PROGRAM, file));
    }

    @Test
    void tellsWhatHasNoSuchHeader() {
        assertEquals(
                new Command(
                        0,
                        line(1, "192.0.2.1:40000 > 192.0.2.2:5353", 31, "no TCP header")
                                + line(2, "[2001:db8::1]:40000 > [2001:db8::2]:53", 51, "no TCP header")
                                + line(3, "192.0.2.1:40000 > 192.0.2.2:80", 31, "no TCP header")
                                + "           3 without the header that the program begins with\n",
                        ""),
                run("explain", "--rules", "--placement", "tcp_socket", PROGRAM, file));
        assertEquals(
                new Command(
                        1,
                        "",
                        "bpf explain: packet 1 of " + file
                                + ": no TCP header (expected: one, for placement tcp_socket)\n"),
                run("explain", "--placement", "tcp_socket", PROGRAM, file));
        assertEquals(
                new Command(
                        1,
                        "bpf passes:0 fails:0\n",
                        "bpf run: " + file + ": packet 1: no TCP header (expected: one, for placement tcp_socket)\n"),
                run("run", "--placement", "tcp_socket", PROGRAM, file));
    }

    @Test
    void tracesWhatTheSocketHasSeen() {
        assertEquals(
                new Command(0, "packet 2 of " + file + ": 51 bytes\n" + """
                        000  ldh  [2]     A 0 -> 0x35 (53); bytes 2..3: 00 35
                        001  jeq  #0x35   A is 0x35: on to 002
                        002  ret  #9      ends
                        verdict 9
                        Kept, 9 of 11 bytes: ret #9 at 002, because at 001 A (bytes 2..3) was 0x35.
                        """, ""),
                run("explain", "--packet", "2", PROGRAM, file));
    }

    /** A program for an Ethernet capture can be run as on a socket too, and what is kept has the headers before. */
    @ParameterizedTest
    @ValueSource(strings = {"interpreter", "compiler", "kernel"})
    void runsAsOnASocket(String engine) throws IOException {
        assumeTrue(
                !engine.equals("kernel") || KernelOracle.unavailabilityCause() == null,
                "no native epoll library here to ask the kernel with");
        Path kept = directory.resolve("kept.pcapng");
        assertEquals(
                new Command(0, "bpf passes:1 fails:2\n", ""),
                run("run", "--engine", engine, PROGRAM, file, "--write", kept.toString()));
        try (CaptureReader reader = CaptureReader.open(kept)) {
            assertEquals(40 + 9, reader.next().length());
            assertNull(reader.next());
        }
    }

    @Test
    void countsByRule() throws IOException {
        byte[] arp = HexFormat.of().parseHex("ffffffffffff02020202020208060001");
        Path lan = Files.write(
                directory.resolve("lan.pcapng"),
                CaptureBytes.pcapng(ByteOrder.BIG_ENDIAN)
                        .describe(1, 0)
                        .describe(101, 0)
                        .enhanced(0, 0, 16, arp)
                        .enhanced(0, 0, 16, arp)
                        .enhanced(0, 0, 10, Arrays.copyOf(arp, 10))
                        .enhanced(1, 0, 1, new byte[] {0x45})
                        .toByteArray());
        for (String engine : List.of("interpreter", "compiler")) {
            assertEquals(
                    new Command(0, """
                    bpf passes:3 fails:1
                    link type EN10MB:
                            hits       %    verdict  rule
                               2   66.67     262144  arp: yes (insn 2: jeq #2054: yes: insn 3: ret #262144)
                               1   33.33          0  arp, ip: the packet is too short (insn 0: ldh [12]: outside the packet)
                               0 for each of the other 4 rules
                    link type RAW:
                            hits       %    verdict  rule
                               1  100.00     262144  ip: yes (insn 2: jge #64: yes: insn 3: ret #262144)
                               0 for each of the other 5 rules
                    """, ""), run("run", "--by-rule", "--engine", engine, "arp or ip", lan.toString()));
        }
        assertEquals(new Command(0, """
                bpf passes:4 fails:0
                        hits       %    verdict  rule
                           4  100.00          A  insn 1: ret a
                           0 for the other rule
                """, ""), run("run", "--by-rule", "ldb [0] ret a", lan.toString()));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "run --by-rule --engine kernel | --by-rule and --engine kernel (expected: another engine)",
                "run --placement ip --link-type RAW | --link-type and --placement (expected: one of them)",
                "explain --placement ip --link-type RAW | --link-type and --placement (expected: one of them)",
                "explain --rules --packet 2 | --rules and --packet (expected: one of them)"
            })
    void refusesWhatMakesNoSense(String options, String problem) {
        List<String> args = new ArrayList<>(List.of(options.split(" ")));
        args.addAll(List.of(PROGRAM, file));
        assertEquals(
                new Command(2, "", "bpf " + args.get(0) + ": " + problem + "\nTry 'bpf " + args.get(0) + " --help'.\n"),
                run(args.toArray(String[]::new)));
    }

    @Test
    void tellsThePacketsBeforeTheDamage() throws IOException {
        byte[] whole = Files.readAllBytes(Path.of(file));
        Path cut = Files.write(directory.resolve("cut.pcapng"), Arrays.copyOf(whole, whole.length - 1));
        Command told = run("explain", "--rules", PROGRAM, cut.toString());
        assertEquals(1, told.code());
        assertTrue(told.out().contains("           1   50.00          9  insn 1: jeq #53: yes: insn 2: ret #9\n"));
        assertEquals(
                "bpf explain: " + cut + ": byte " + (whole.length - 1)
                        + ": the capture ends inside a block after packet 2, which begins at byte "
                        + (whole.length - 188) + " (expected: 1 more bytes)\n",
                told.err());
    }
}
