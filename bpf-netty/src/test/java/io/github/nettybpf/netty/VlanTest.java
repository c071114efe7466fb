package io.github.nettybpf.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.nettybpf.core.Placement;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.core.VerificationException;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The programs that {@link Vlan} makes. What they accept is tested on packet channels, in bpf-packet. */
class VlanTest {
    private static Program program(String text) {
        return Program.parse(text.replace("; ", "\n"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    untagged | ld #vlan_tci; jset #4095, drop; ld #proto; jeq #33024, drop; jeq #34984, drop; jneq #37120, go; drop: ret #0; go: ldh [12]; ret a
                    any      | ldh [12]; ret a
                    vlan 100 | ld #vlan_tci; and #4095; jeq #100, go; ret #0; go: ldh [12]; ret a
                    """)
    void theTestComesBeforeTheProgram(String vlan, String restricted) {
        Program plain = program("ldh [12]; ret a");
        assertEquals(program(restricted), Vlan.parse(vlan).restrict(plain));
        assertEquals(Optional.empty(), Vlan.parse(vlan).restrict(plain).placement());
        for (Placement placement : List.of(Placement.ETHERNET, Placement.IP)) {
            assertEquals(
                    Optional.of(placement),
                    Vlan.parse(vlan).restrict(plain.at(placement)).placement());
        }
    }

    /** The accumulator is 0 where the program begins, whatever its first instruction does with it. */
    @ParameterizedTest
    @ValueSource(strings = {"ret a", "tax; ret a", "ldx #3; add x; ret a", "add #1; ret a"})
    void aProgramBeginsWithAnAccumulatorOfZero(String text) {
        assertEquals(
                program("ld #vlan_tci; and #4095; jeq #7, go; ret #0; go: ld #0; " + text),
                Vlan.of(7).restrict(program(text)));
    }

    @Test
    void aTextIsOneOfThree() {
        assertSame(Vlan.untagged(), Vlan.parse("untagged"));
        assertSame(Vlan.any(), Vlan.parse("any"));
        assertEquals(Vlan.of(4094), Vlan.parse("4094"));
        assertEquals(Vlan.of(1).hashCode(), Vlan.parse("vlan 1").hashCode());
        assertNotEquals(Vlan.of(1), Vlan.of(2));
        assertEquals("vlan 100", Vlan.of(100).toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "vlan", "vlan ", "0", "4095", "-1", "Untagged", "1 2", "99999999999"})
    void anotherTextIsRefused(String text) {
        assertEquals(
                "vlan '" + text + "' (expected: untagged, any, or 1..4094)",
                assertThrows(IllegalArgumentException.class, () -> Vlan.parse(text))
                        .getMessage());
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0, 4095})
    void anotherIdentifierIsRefused(int id) {
        assertEquals(
                "vlan " + id + " (expected: 1..4094)",
                assertThrows(IllegalArgumentException.class, () -> Vlan.of(id)).getMessage());
    }

    @ParameterizedTest
    @ValueSource(strings = {"untagged", "any", "vlan 5"})
    void aProgramForAnotherSocketIsRefused(String vlan) {
        Program udp = program("ret #-1").at(Placement.UDP_SOCKET);
        assertEquals(
                vlan + ": the program is for placement UDP_SOCKET (expected: ETHERNET or IP)",
                assertThrows(IllegalArgumentException.class, () -> Vlan.parse(vlan)
                                .restrict(udp))
                        .getMessage());
    }

    @Test
    void aProgramThatBecomesTooLongIsRefused() {
        Program longest = program("ldh [12]; ".repeat(Program.MAX_SIZE - 1) + "ret a");
        assertThrows(VerificationException.class, () -> Vlan.untagged().restrict(longest));
    }
}
