package io.github.nettybpf.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.nettybpf.core.Extension;
import io.github.nettybpf.core.Filter;
import io.github.nettybpf.core.Packet;
import io.github.nettybpf.core.Placement;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.expression.FilterExpression;
import io.github.nettybpf.netty.headers.UdpHeaderReads;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.socket.DatagramPacket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a pipeline does not know of the headers of a datagram is never made up. */
class UdpHeaderReadsTest {
    /** Programs that do the same for all first bytes of a version; the load comes before them. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "and #0xf0; jeq #0x40, yes, no",
                "rsh #4; jeq #6, yes, no",
                "jge #0x60, yes, no",
                "jgt #0x4f, no, yes",
                "jge #0x45, yes, no",
                "jset #0x40, yes, no",
                "jset #0x20, yes, no",
                "and #0x0f; ld #1; ret a",
                "st M[0]; ld M[0]; rsh #4; ret a",
                "tax; ld #0xf0; and x; jeq #0x60, yes, no",
                "neg; neg; rsh #4; jeq #4, yes, no",
                "div #16; jeq #4, yes, no",
                "mul #16; and #0xf00; jeq #0x400, yes, no",
                "sub #0x40; jge #0x20, yes, no",
                "rsh #4; tax; ldb [x + 8]; ret a",
                "rsh #4; sub #4; tax; ld #1; div x; ret a",
                "and #0xf0; jeq #0x40, four; ld [0xfff00008]; ret a; four: ld [0xfff0000c]; ret a"
            })
    void theVersionIsKnown(String use) {
        assertEquals("nothing", unsupported("ldb [0xfff00000]; " + use + "; yes: ret #-1; no: ret #0"));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "ret a | 1",
                "jeq #0x45, yes, no | 1",
                "jge #0x46, yes, no | 1",
                "jset #0x0f, yes, no | 1",
                "and #0x0f; jeq #5, yes, no | 2",
                "rsh #3; ret a | 2",
                "tax; ldb [x + 8]; ret a | 2",
                "tax; ld #1; div x; ret a | 3",
                "tax; ld #7; ret a; ret a | nothing",
                "st M[3]; ld M[3]; ret a | 3",
                "neg; ret a | 2",
                "tax; ld #0x45; jeq x, yes, no | 3",
                "tax; ldb [8]; xor x; ret a | 4",
                "jeq #0x40, yes, more; more: ret a | 2",
                "neg; and #0xf0; jeq #0x90, yes, no | 3",
                "ldxb 4*([0xfff00000]&0xf); txa; jge #60, yes, no | 3",
                "tax; ld #0; ld #xor_x; jeq #0x45, yes, no | 4"
            })
    void theRestOfTheFirstByteIsNot(String use, String pc) {
        String found = unsupported("ldb [0xfff00000]; " + use + "; yes: ret #-1; no: ret #0");
        String where = "insn " + pc + ": ";
        assertTrue(pc.equals("nothing") ? found.equals(pc) : found.startsWith(where), found);
        assertTrue(
                pc.equals("nothing")
                        || found.endsWith(
                                "a pipeline does not know the header length of an IPv4 or the traffic class of an"
                                        + " IPv6 header (expected: version and addresses, after a test of the version; or"
                                        + " Offload.REQUIRED)"),
                found);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ldx #0; ldb [x + 0xfff00000]; and #0x0f; jne #5, no; ret #-1; no: ret #0",
                "ldb [x + 0xfff00000]; and #0x0f; jne #5, no; ret #-1; no: ret #0",
                "ldx #0x100000; ldb [x + 0xffe00000]; and #0x0f; ret a",
                "ldxb 4*([0xfff00000]&0xf); ldb [x + 0xfff00000]; ret a",
                "ldb [0xfff00000]; rsh #4; jne #4, no; ldb [8]; tax; ldb [x + 0xfff00000]; ret a; no: ret #0"
            })
    void indirectLoadsOfTheFirstByteAreRefused(String program) {
        assertTrue(unsupported(program).contains("the header length of an IPv4 or the traffic class"), program);
    }

    /** Where the network header is not read: nor is what is before the link-layer header, where every load fails. */
    @ParameterizedTest(name = "{0}")
    @CsvSource({"0xffdfffff, false", "0xffe00000, true", "0xffefffff, true", "0xfff00009, false"})
    void theLinkLayerHeaderIsRefused(String offset, boolean refused) {
        String found = unsupported("ldb [" + offset + "]; ret a");
        assertEquals(refused, found.contains("a pipeline does not know the link-layer header"), found);
    }

    private static String unsupported(String program) {
        return new UdpHeaderReads(Program.parse(program.replace("; ", "\n")))
                .unsupported()
                .orElse("nothing");
    }

    /** What is at an offset of an IP header that a pipeline does not know, or nothing. */
    private static String unknown(int version, int at) {
        if (version == 4) {
            return switch (at) {
                case 0, 9, 12, 13, 14, 15, 16, 17, 18, 19 -> "";
                case 1 -> "the type of service of an IPv4 header";
                case 2, 3 -> "the total length of an IPv4 header";
                case 4, 5 -> "the identification of an IPv4 header";
                case 6, 7 -> "the fragment offset of an IPv4 header";
                case 8 -> "the TTL of an IPv4 header";
                case 10, 11 -> "the checksum of an IPv4 header";
                default -> "what follows the fixed part of an IPv4 header";
            };
        }
        return switch (at) {
            case 1, 2, 3 -> "the flow label of an IPv6 header";
            case 4, 5, 6 -> "the payload length and next header of an IPv6 header";
            case 7 -> "the hop limit of an IPv6 header";
            default -> at < 40 ? "" : "what follows the fixed part of an IPv6 header";
        };
    }

    /** Of every offset, by its first byte that is not known. */
    @ParameterizedTest
    @CsvSource({"4, ldb, 1", "4, ldh, 2", "4, ld, 4", "6, ldb, 1", "6, ldh, 2", "6, ld, 4"})
    void everyByteOfTheIpHeaderIsKnownOrRefused(int version, String load, int size) {
        for (int offset = 1; offset < 50; offset++) {
            String text = load + " [0x" + Integer.toHexString(0xfff00000 + offset) + "]";
            UdpHeaderReads reads = new UdpHeaderReads(Program.parse(
                    "ldb [0xfff00000]\nrsh #4\njne #" + version + ", no\n" + text + "\nret a\nno: ret #0"));
            String expected = "";
            boolean readsDestination = false;
            for (int at = offset; at < offset + size; at++) {
                expected = expected.isEmpty() ? unknown(version, at) : expected;
                readsDestination |= version == 4 ? at >= 16 && at < 20 : at >= 24 && at < 40;
            }
            String found = reads.unsupported().orElse("");
            if (expected.isEmpty()) {
                assertEquals("", found, text);
            } else {
                assertTrue(found.startsWith("insn 3: "), found);
                assertTrue(found.contains(": a pipeline does not know " + expected + " (expected: "), found);
            }
            assertEquals(readsDestination, reads.readsDestination(), text);
            assertTrue(reads.readsVersion() && reads.readsIpHeader(), text);
        }
    }

    /** Also of programs that read the IP header, which are analysed step by step. */
    @ParameterizedTest
    @CsvSource({"ldb [, 1", "ldh [, 2", "ld [, 4", "ldx #0; ldb [x + , 1", "ldx #0; ldh [x + , 2", "ldx #0; ld [x + , 4"
    })
    void theLengthAndTheChecksumAreNoticed(String load, int size) {
        for (int offset = 0; offset < 10; offset++) {
            for (String before : new String[] {"", "ld proto; "}) {
                String text = before + load + offset + "]; ret a";
                UdpHeaderReads reads = new UdpHeaderReads(Program.parse(text.replace("; ", "\n")));
                assertEquals(offset < 6 && offset + size > 4, reads.readsLength(), text);
                assertEquals(offset < 8 && offset + size > 6, reads.readsChecksum(), text);
                assertEquals(!before.isEmpty(), reads.readsIpHeader(), text);
            }
        }
    }

    /** A datagram as the kernel shows it, with a first byte of the IP header of the test's choice. */
    private static final class KernelView implements Packet {
        private final byte[] udp;
        private final byte[] ip;

        KernelView(byte[] udp, byte[] ip) {
            this.udp = udp;
            this.ip = ip;
        }

        @Override
        public int length() {
            return udp.length;
        }

        @Override
        public int u8(int offset) {
            return udp[offset] & 0xff;
        }

        @Override
        public int u16(int offset) {
            return u8(offset) << 8 | u8(offset + 1);
        }

        @Override
        public int u32(int offset) {
            return u16(offset) << 16 | u16(offset + 2);
        }

        @Override
        public @Nullable Packet network() {
            return Packet.of(ip);
        }

        @Override
        public long extension(Extension extension, int a, int x) {
            return extension == Extension.PROTO
                    ? (ip[0] & 0xff) >> 4 == 4 ? 0x0800 : 0x86dd
                    : Packet.super.extension(extension, a, x);
        }
    }

    private static final List<String> PIECES = List.of(
            "ldb [0xfff00000]",
            "ldb [0xfff00000]",
            "ldxb 4*([0xfff00000]&0xf)",
            "ld #proto",
            "ldb [8]",
            "ldx #4",
            "ld #0x60",
            "tax",
            "txa",
            "st M[1]",
            "stx M[2]",
            "ld M[1]",
            "ldx M[2]",
            "and #0xf0",
            "and #0x0f",
            "and x",
            "rsh #4",
            "rsh #2",
            "sub #0x40",
            "xor x",
            "or #0x0f",
            "div x",
            "mod #5",
            "neg",
            "ldb [x + 8]",
            "ldb [x + 0xfff00000]",
            "jeq #0x40, t, f",
            "jge #0x50, t, f",
            "jset #0x20, t, f",
            "jgt x, t, f",
            "jeq #0x45, f, t");

    /** Whatever is accepted gives one verdict for all first bytes of a version: by trying them all. */
    @Test
    void whatIsSupportedDoesNotDependOnTheRestOfTheFirstByte() {
        long seed = Long.getLong("bpf.seed", 20261130);
        Random random = new Random(seed);
        int supported = 0;
        for (int i = 0; i < 20_000; i++) {
            StringBuilder text = new StringBuilder("st M[1]\nstx M[2]\n");
            int size = 2 + random.nextInt(7);
            for (int line = 0; line < size; line++) {
                String piece = PIECES.get(random.nextInt(PIECES.size()));
                boolean jumps = piece.startsWith("j");
                text.append(jumps ? piece.replace(", t", ", n" + line).replace(", f", ", l") : piece)
                        .append('\n');
                if (jumps) {
                    text.append("n").append(line).append(": ");
                }
            }
            text.append("ret a\nl: ret #77");
            Program program = Program.parse(text);
            UdpHeaderReads reads = new UdpHeaderReads(program);
            if (reads.unsupported().isPresent()) {
                continue;
            }
            supported++;
            byte[] udp = {0, 53, 0, 53, 0, 12, 0, 0, 4, (byte) random.nextInt(256), 1, 2};
            boolean hits = readsFirstByteUnresolved(program);
            Filter filter = Filter.interpret(program);
            for (int version : new int[] {4, 6}) {
                long first = Long.MIN_VALUE;
                for (int rest = version == 4 ? 5 : 0; rest < 16; rest++) {
                    byte[] ip = new byte[60 + udp.length];
                    ip[0] = (byte) (version << 4 | rest);
                    int verdict = filter.run(new KernelView(udp, ip));
                    if (!hits) {
                        if (first == Long.MIN_VALUE) {
                            first = verdict;
                        }
                        assertEquals(first, verdict, () -> "seed " + seed + ", first byte " + ip[0] + ":\n" + text);
                    }
                }
            }
        }
        assertTrue(supported > 5_000, "only " + supported + " were supported");
    }

    /** Those are left to the packet, which says at run time that the byte is not known. */
    private static boolean readsFirstByteUnresolved(Program program) {
        return program.instructions().stream()
                .anyMatch(instruction -> instruction.toString().contains("[x + 4293918720]"));
    }

    private static DatagramPacket from(String sender, int length) throws Exception {
        return new DatagramPacket(
                Unpooled.wrappedBuffer(new byte[length]),
                new InetSocketAddress(InetAddress.getByName(sender.equals("::1") ? "::2" : "192.0.2.1"), 53),
                new InetSocketAddress(InetAddress.getByName(sender), 68));
    }

    private static boolean passes(Program program, DatagramPacket datagram) {
        EmbeddedChannel channel = new EmbeddedChannel(BpfFilterHandler.builder(program)
                .placement(Placement.UDP_SOCKET)
                .build());
        try {
            channel.writeInbound(datagram);
        } catch (RuntimeException complaint) {
            assertEquals(SocketFilterException.class, complaint.getClass());
        }
        DatagramPacket passed = channel.readInbound();
        if (passed != null) {
            passed.release();
        }
        channel.pipeline().removeFirst();
        return passed != null;
    }

    /** A jumbogram's length is 0 in its header. */
    @ParameterizedTest
    @CsvSource({"127.0.0.1, true", "::1, false"})
    void theLengthInTheHeaderIsKnownOfIpv4Alone(String sender, boolean passes) throws Exception {
        Program atLeastEight = Program.parse("ldh [4]\njge #8, keep\nret #0\nkeep: ret #-1");
        assertEquals(passes, passes(atLeastEight, from(sender, 4)));
        assertTrue(passes(Program.parse("ld #len\njge #8, keep\nret #0\nkeep: ret #-1"), from(sender, 4)));
    }

    @Test
    void aClientWithoutAnAddressIsKnown() throws Exception {
        Program fromNobody = FilterExpression.compile("src host 0.0.0.0 and src port 68", Placement.UDP_SOCKET);
        assertTrue(passes(fromNobody, from("0.0.0.0", 4)));
        assertEquals(false, passes(fromNobody, from("192.0.2.7", 4)));
    }

    /** An offset that only the packet tells can be that of the first byte: then it is not known. */
    @Test
    void anOffsetThatOnlyThePacketTellsIsFoundAtRunTime() throws Exception {
        Program program = Program.parse("ldb [8]\ntax\nldb [x + 0xfff00000]\njeq #0, no\nret #-1\nno: ret #0");
        assertEquals(false, passes(program, from("127.0.0.1", 4)));
        Program source = Program.parse("ldb [8]\ntax\nldb [x + 0xfff0000c]\njeq #127, yes\nret #0\nyes: ret #-1");
        assertTrue(passes(source, from("127.0.0.1", 4)));
    }

    static Stream<String> addressExpressions() {
        List<String> primitives = List.of(
                "src host ::1",
                "dst host ::1",
                "host ::1",
                "not src host ::1",
                "src net 2001:db8::/32",
                "src net 2001:db8::/33",
                "net fe80::/10",
                "src net ::/1",
                "src net ::/128",
                "ip6 multicast",
                "ip6 src host fe80::1",
                "src host 127.0.0.1",
                "net 127.0.0.0/31",
                "net 10.0.0.0 mask 255.0.255.0",
                "ip multicast",
                "ip",
                "ip6",
                "ip proto 17",
                "ip6 proto 17",
                "udp",
                "src port 53",
                "dst portrange 1-1023",
                "less 20",
                "greater 100",
                "len > 99");
        return primitives.stream()
                .flatMap(one -> Stream.concat(
                        Stream.of(one, "not (" + one + ")"),
                        primitives.stream().flatMap(two -> Stream.of(one + " and " + two, one + " or not " + two))));
    }

    /** Every expression over addresses, ports and lengths that compiles for a UDP socket runs in a pipeline. */
    @Test
    void everyExpressionOverAddressesPortsAndLengthsRunsInAPipeline() {
        FilterExpression.Options options = FilterExpression.Options.DEFAULT.withRejectingAll();
        addressExpressions()
                .forEach(expression -> assertEquals(
                        "nothing",
                        PipelineSupport.whyNot(
                                        FilterExpression.of(expression, Placement.UDP_SOCKET, options)
                                                .program(),
                                        Placement.UDP_SOCKET)
                                .orElse("nothing"),
                        expression));
    }
}
