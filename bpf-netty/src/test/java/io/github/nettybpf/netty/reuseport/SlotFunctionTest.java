package io.github.nettybpf.netty.reuseport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.nettybpf.core.Placement;
import io.github.nettybpf.core.Program;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.HexFormat;
import java.util.OptionalInt;
import java.util.Random;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The slot of a datagram, as a function. */
class SlotFunctionTest {
    private static final InetSocketAddress TO = at("192.0.2.1", 443);
    private static final InetSocketAddress TO_IPV6 = at("2001:db8::1", 443);

    private static InetSocketAddress at(String address, int port) {
        try {
            return new InetSocketAddress(InetAddress.getByName(address), port);
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
    }

    private static OptionalInt slot(Steering steering, int slots, String payload, InetSocketAddress from) {
        ByteBuf content = Unpooled.wrappedBuffer(HexFormat.of().parseHex(payload));
        InetSocketAddress to = from.getAddress().getAddress().length == 4 ? TO : TO_IPV6;
        return steering.toSlots(slots).slot(SteeredDatagram.of(content, from, to));
    }

    /** Slot 3 stands for what is not decided. */
    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', textBlock = """
            a verdict that is a slot        | ret #2                                 | 00       | 2
            the first slot                  | ret #0                                 | 00       | 0
            a verdict that is no slot       | ret #4                                 | 00       | 3
            the highest verdict             | ret #-1                                | 00       | 3
            ret a                           | ldb [0]; ret a                         | 01       | 1
            ret a that is no slot           | ldb [0]; ret a                         | 04       | 3
            a load at the end               | ldb [1]; ret a                         | 0002     | 2
            a load past the end             | ldb [2]; ret a                         | 0002     | 3
            a load at the largest offset    | ldb [2147483647]; ret #1               | 0002     | 3
            a load that goes beyond it      | ld [2147483646]; ret #1                | 0002     | 3
            a length at the largest offset  | ldxb 4*([2147483647]&0xf); ret #1      | 0002     | 3
            an indirect load from there     | ldx #1; ldb [x + 2147483647]; ret #1   | 0002     | 3
            a load of an empty datagram     | ldb [0]; ret a                         | ''       | 3
            a word that is cut off          | ld [0]; ret #1                         | 000000   | 3
            a word                          | ld [0]; ret #1                         | 00000000 | 1
            an indirect load                | ldx #1; ldb [x + 1]; ret a             | 000002   | 2
            an indirect load past the end   | ldx #1; ldb [x + 1]; ret a             | 0002     | 3
            an indirect load before the start | ldx #-1; ldb [x + 1]; ret a          | 02       | 3
            an indirect load far away       | ldx #0x7fffffff; ldb [x + 1]; ret a    | 02       | 3
            a length in the packet          | ldxb 4*([0]&0xf); txa; rsh #2; ret a   | 01       | 1
            a length past the end           | ldxb 4*([1]&0xf); ret #1               | 01       | 3
            it keeps A                      | ld #2; ldxb 4*([0]&0xf); ret a         | 01       | 2
            division by 0                   | ld #4; ldxb 4*([0]&0xf); div x; ret a  | 00       | 3
            remainder by 0                  | ld #4; ldxb 4*([0]&0xf); mod x; ret a  | 00       | 3
            division keeps A                | ld #4; ldxb 4*([0]&0xf); div x; ret a  | 01       | 1
            the source address              | ld [0xfff0000c]; and #0xff; ret a      | ''       | 2
            the source port, by its place   | ldxb 4*([0xfff00000]&0xf); ldh [x + 0xfff00000]; sub #53; ret a | '' | 0
            the protocol                    | ldb [0xfff00009]; sub #15; ret a       | ''       | 2
            beyond the IP header            | ldb [0xfff0001c]; ret a                | 01       | 1
            beyond the packet               | ldb [0xfff0001c]; ret a                | ''       | 3
            the length of the payload       | ld #len; ret a                         | 0000     | 2
            nowhere                         | ld [0x80000000]; ret #1                | 00       | 3
            """)
    void aProgramDecidesOrNot(String rule, String program, String payload, int slot) {
        Steering steering =
                Steering.of(Program.parse(program.replace("; ", "\n"))).otherwise(3);
        assertEquals(OptionalInt.of(slot), slot(steering, 4, payload, at("192.0.2.2", 53)));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', textBlock = """
            a port of IPv4        | ldh [0]; sub #52; ret a   | 192.0.2.2     | 1
            a port of IPv6        | ldh [0]; sub #52; ret a   | 2001:db8::2   | 1
            the destination port  | ldh [2]; sub #442; ret a  | 2001:db8::2   | 1
            a byte of the payload | ldb [9]; ret a            | 192.0.2.2     | 2
            past the end          | ldb [10]; ret a           | 192.0.2.2     | 3
            the UDP length        | ldh [4]; sub #9; ret a    | 192.0.2.2     | 1
            len                   | ld #len; sub #8; ret a    | 192.0.2.2     | 2
            ldx len               | ldx #len; txa; sub #8; ret a | 192.0.2.2  | 2
            ldx len keeps A       | ld #1; ldx #len; ret a    | 192.0.2.2     | 1
            X is kept             | ldx #1; ldh [0]; txa; ret a | 192.0.2.2   | 1
            from the payload on   | ldx #1; ldb [x + 8]; ret a  | 192.0.2.2   | 2
            """)
    void aProgramForAUdpSocketIsMoved(String rule, String program, String from, int slot) {
        Program at = Program.parse(program.replace("; ", "\n")).at(Placement.UDP_SOCKET);
        assertEquals(OptionalInt.of(slot), slot(Steering.of(at).otherwise(3), 4, "0102", at(from, 53)));
    }

    @Test
    void theFirstClassThatAcceptsHasTheSlot() {
        Program dns = Program.parse("ldh [0]\njeq #53, yes, no\nyes: ret #-1\nno: ret #0")
                .at(Placement.UDP_SOCKET);
        Program marked = Program.parse("ldb [0]\nret a");
        Steering steering = Steering.classes(dns, marked).otherwise(2);
        assertEquals(OptionalInt.of(0), slot(steering, 3, "01", at("192.0.2.2", 53)));
        assertEquals(OptionalInt.of(1), slot(steering, 3, "01", at("192.0.2.2", 54)));
        assertEquals(OptionalInt.of(2), slot(steering, 3, "00", at("192.0.2.2", 54)));
        assertEquals(OptionalInt.of(2), slot(steering, 3, "", at("192.0.2.2", 54)));
        assertEquals(
                "no classes (expected: at least one program)",
                assertThrows(IllegalArgumentException.class, Steering::classes).getMessage());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            ld [0xffe00000]; ret a | insn 0: ld [4292870144]: the kernel steers without a link-layer header
            ld poff; ret a | insn 0: ld #poff: this extension has no meaning here
            """)
    void whatCannotBeKnownIsRefused(String program, String message) {
        Program parsed = Program.parse(program.replace("; ", "\n"));
        assertEquals(
                message,
                assertThrows(IllegalArgumentException.class, () -> Steering.of(parsed))
                        .getMessage());
    }

    @Test
    void aProgramForAnotherPlacementIsRefused() {
        Program ethernet = Program.parse("ret #0").at(Placement.ETHERNET);
        assertEquals(
                "the program is for placement ETHERNET (expected: PAYLOAD or UDP_SOCKET)",
                assertThrows(IllegalArgumentException.class, () -> Steering.of(ethernet))
                        .getMessage());
    }

    @Test
    void whatDependsOnTheCpuIsNotKnown() {
        assertEquals(OptionalInt.empty(), slot(Steering.byCpu(), 4, "00", at("192.0.2.2", 53)));
    }

    @Test
    void aMappedAddressIsAnIpv4Address() {
        InetSocketAddress from = at("192.0.2.2", 53);
        byte[] mapped = new byte[16];
        mapped[10] = -1;
        mapped[11] = -1;
        System.arraycopy(from.getAddress().getAddress(), 0, mapped, 12, 4);
        for (int slots = 1; slots < 40; slots++) {
            ByteBuf empty = Unpooled.EMPTY_BUFFER;
            SlotFunction function = Steering.bySourceAddress().toSlots(slots);
            SteeredDatagram shown = SteeredDatagram.empty();
            shown.show(empty, mappedAddress(mapped), TO);
            assertEquals(function.slot(SteeredDatagram.of(empty, from, TO)), function.slot(shown));
        }
    }

    private static InetSocketAddress mappedAddress(byte[] bytes) {
        try {
            return new InetSocketAddress(java.net.Inet6Address.getByAddress(null, bytes, -1), 53);
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
    }

    /** 99.9 % of evenly spread choices are below the limit; these are the same in each run. */
    @ParameterizedTest
    @ValueSource(ints = {2, 3, 4, 7, 16})
    void addressesAreSpreadEvenly(int slots) {
        Random random = new Random(20261130);
        byte[] ipv6 = new byte[16];
        assertEven(slots, i -> bytes(0x0a000000 + i));
        assertEven(slots, i -> bytes(random.nextInt()));
        assertEven(slots, i -> {
            byte[] consecutive = at("2001:db8::", 0).getAddress().getAddress();
            consecutive[14] = (byte) (i >>> 8);
            consecutive[15] = (byte) i;
            return consecutive;
        });
        assertEven(slots, i -> {
            byte[] prefixes = at("2001:db8::1", 0).getAddress().getAddress();
            prefixes[4] = (byte) (i >>> 8);
            prefixes[5] = (byte) i;
            return prefixes;
        });
        assertEven(slots, i -> {
            random.nextBytes(ipv6);
            return ipv6;
        });
    }

    private static byte[] bytes(int address) {
        return new byte[] {(byte) (address >>> 24), (byte) (address >>> 16), (byte) (address >>> 8), (byte) address};
    }

    private static void assertEven(int slots, IntFunction<byte[]> addresses) {
        int datagrams = 20_000;
        int[] found = new int[slots];
        SlotFunction function = Steering.bySourceAddress().toSlots(slots);
        SteeredDatagram datagram = SteeredDatagram.empty();
        for (int i = 0; i < datagrams; i++) {
            datagram.show(Unpooled.EMPTY_BUFFER, address(addresses.apply(i)), null);
            found[function.find(datagram)]++;
        }
        double expected = (double) datagrams / slots;
        double chiSquare = 0;
        for (int each : found) {
            chiSquare += (each - expected) * (each - expected) / expected;
        }
        double freedom = slots - 1;
        double limit = freedom + 3.1 * Math.sqrt(2 * freedom) + 6;
        assertTrue(chiSquare < limit, "chi-square " + chiSquare + " (expected: < " + limit + ")");
    }

    private static InetSocketAddress address(byte[] bytes) {
        try {
            return new InetSocketAddress(InetAddress.getByAddress(bytes), 53);
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
    }
}
