package io.github.nettybpf.netty.code;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.nettybpf.core.Extension;
import io.github.nettybpf.core.Filter;
import io.github.nettybpf.core.Packet;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.core.RandomPrograms;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A program for the payload, moved to a socket whose offset 0 is the UDP header. */
class UdpRelocationTest {
    private static final int HEADER = 8;

    private static Program parse(String text) {
        return Program.parse(text.replace("; ", "\n"));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "loads                  | ldb [0]; ret #1                       | ldb [8]; ret #9",
                "of other sizes         | ldh [5]; ld [6]; ret #1               | ldh [13]; ld [14]; ret #9",
                "into X                 | ldxb 4*([0]&0xf); ret #1              | ldxb 4*([8]&0xf); ret #9",
                "at X                   | ldx #3; ldh [x + 2]; ret #1           | ldx #3; ldh [x + 10]; ret #9",
                "0 stays 0              | ret #0                                | ret #0",
                "no more than all       | ret #0xfffffff7                       | ret #0xffffffff",
                "the least of these     | ret #0xfffffff6                       | ret #0xfffffffe",
                "and the greatest       | ret #0xffffffff                       | ret #0xffffffff",
                "the length in A        | ld len; ret #1                        | ld len; sub #8; ret #9",
                "the length in X        | ldx len; ret #1 | st M[0]; ld len; sub #8; tax; ld M[0]; ret #9",
                "by a slot that is free | st M[0]; ldx len; ldx M[0]; ret #1"
                        + " | st M[0]; st M[1]; ld len; sub #8; tax; ld M[1]; ldx M[0]; ret #9",
                "ret a                  | ret a"
                        + " | ja go; go: jeq #0, zero; jge #0xfffffff8, all; add #8; zero: ret a; all: ret #0xffffffff",
                "what is the same       | ld #1; add #2; tax; neg; st M[2]; ret #1 | ld #1; add #2; tax; neg; st M[2]; ret #9",
                "jumps over what grows  | jeq #1, over; ld len; over: ja end; ld len; end: ret #1"
                        + " | jeq #1, over; ld len; sub #8; over: ja end; ld len; sub #8; end: ret #9",
                "of A with X            | jgt x, yes, no; ld len; yes: ret #1; no: ret #0"
                        + " | jgt x, yes, no; ld len; sub #8; yes: ret #9; no: ret #0",
            })
    void isMoved(String what, String program, String moved) {
        assertEquals(parse(moved).toString(), UdpRelocation.of(parse(program)).toString(), what);
    }

    @ParameterizedTest(name = "{1}")
    @CsvSource(
            delimiter = '|',
            value = {
                "ld #nla; ret a | insn 0: the offsets that this extension gives cannot be moved behind a UDP header",
                "ld #1; ld #nlan; ret a | insn 1: the offsets that this extension gives cannot be moved behind a UDP header",
                "ld poff; ret a | insn 0: the offsets that this extension gives cannot be moved behind a UDP header",
                "ldb [0xfff00000]; ret a | insn 0: the load may leave the payload for the headers before it",
                "ld #0; ldb [0xffe00000]; ret a | insn 1: the load may leave the payload for the headers before it",
                "ldb [0x7fffffbf]; ret #1 | a load can go to any offset",
            })
    void cannotBeMoved(String program, String message) {
        refused(parse(program), message);
    }

    private static void refused(Program program, String message) {
        IllegalArgumentException e = assertThrows(IllegalArgumentException.class, () -> UdpRelocation.of(program));
        assertEquals(message, e.getMessage());
    }

    @Test
    void theHighestLoadThatCanBeMoved() {
        assertEquals(parse("ldb [0x7fffffc6]; ret #9"), UdpRelocation.of(parse("ldb [0x7fffffbe]; ret #1")));
    }

    @Test
    void aSlotIsNeededForTheLengthInX() {
        String all =
                IntStream.range(0, 16).mapToObj(slot -> "st M[" + slot + "]; ").collect(Collectors.joining());
        refused(parse(all + "ldx len; ret a"), "ldx len needs a scratch slot, and the program uses all 16");
        assertTrue(UdpRelocation.of(parse(all.replace("M[7]", "M[8]") + "ldx len; ret a"))
                .toString()
                .contains("st M[7]"));
    }

    /** Each {@code ld len} becomes two instructions. */
    @Test
    void aJumpCannotBecomeLongerThanItMayBe() {
        String over = "jeq #1, yes; " + "ld len; ".repeat(127) + "ld #1; yes: ret #1";
        assertEquals(2 * 127 + 3, UdpRelocation.of(parse(over)).size());
        refused(
                parse("ld #1; " + over.replace("ld #1; yes", "ld len; yes")),
                "insn 1: on a UDP socket the jump would skip 256 instructions (expected: at most 255)");
        refused(
                parse(over.replace("ld #1; yes", "ld len; yes").replace("jeq #1, yes", "jgt x, no, yes; no: ld #1")),
                "insn 0: on a UDP socket the jump would skip 257 instructions (expected: at most 255)");
    }

    @Test
    void aProgramCannotBecomeTooLong() {
        assertEquals(
                4096,
                UdpRelocation.of(parse("ld len; ".repeat(2047) + "ld #1; ret #1"))
                        .size());
        refused(
                parse("ld len; ".repeat(2048) + "ret #1"),
                "on a UDP socket the program would break a rule: 4097 instructions (expected: 1..4096)");
    }

    /** The verdict is that on the payload, and the header more. */
    @Test
    void randomProgramsMeanTheSame() {
        long seed = 20261130;
        RandomPrograms random = RandomPrograms.deterministic(seed);
        int moved = 0;
        for (int i = 0; i < 3_000; i++) {
            Program program = i % 3 == 0 ? random.tests() : random.program();
            // What a packet without a device ends a program with is not increased; one on a UDP socket has a device.
            if (!Collections.disjoint(program.extensions(), Set.of(Extension.IFIDX, Extension.HATYPE))) {
                continue;
            }
            Filter there;
            try {
                there = Filter.interpret(UdpRelocation.of(program));
            } catch (IllegalArgumentException e) {
                continue;
            }
            moved++;
            Filter here = Filter.interpret(program);
            for (byte[] payload : List.of(random.packet(), random.smallPacket(), random.keyedPacket())) {
                byte[] datagram = new byte[HEADER + payload.length];
                System.arraycopy(payload, 0, datagram, HEADER, payload.length);
                long verdict = Integer.toUnsignedLong(here.run(Packet.of(payload)));
                long expected = verdict == 0 ? 0 : Math.min(verdict + HEADER, 0xffff_ffffL);
                long found = Integer.toUnsignedLong(there.run(Packet.of(datagram)));
                assertEquals(expected, found, () -> "seed " + seed + "\n" + program);
            }
        }
        assertTrue(moved > 1_000, "only " + moved + " could be moved");
    }
}
