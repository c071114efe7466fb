package io.github.nettybpf.tools.explain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.nettybpf.core.Growth;
import io.github.nettybpf.tools.Refusal;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvFileSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Packets as people paste them. ⏎ is a line feed, ⇥ a tab and ¦ a vertical line. */
class PacketTextTest {
    private static String unescaped(String text) {
        return text.replace('⏎', '\n').replace('⇥', '\t').replace('¦', '|');
    }

    @ParameterizedTest(name = "{0}")
    @CsvFileSource(resources = "packets.txt", delimiter = '|', quoteCharacter = '`')
    void understands(String tool, String text, String bytes) throws Refusal {
        for (String variant : new String[] {unescaped(text), unescaped(text).replace("\n", "\r\n")}) {
            assertEquals(bytes, HexFormat.of().formatHex(PacketText.read(variant)), tool);
        }
    }

    @ParameterizedTest(name = "{0}")
    @CsvFileSource(resources = "packet-errors.txt", delimiter = '|', quoteCharacter = '`')
    void refuses(String tool, String text, String message) {
        Refusal refusal = assertThrows(Refusal.class, () -> PacketText.read(unescaped(text)), tool);
        assertEquals(unescaped(message), refusal.getMessage());
    }

    @ParameterizedTest
    @ValueSource(strings = {" 11", "0", "0000 00\n", "\n", "0000: ", "*\n"})
    void readsLongTextInTime(String unit) {
        for (String start : new String[] {"", "0010", "0000: 00 00\n", "000000" + " 00".repeat(16) + "\n"}) {
            Growth.assertNearlyLinear(start + unit, 1_000_000, size -> {
                String text = start + unit.repeat(size / unit.length());
                return () -> {
                    try {
                        PacketText.read(text);
                    } catch (Refusal refused) {
                        assertFalse(refused.getMessage().isEmpty());
                    }
                };
            });
        }
    }

    @Test
    void readsALongDump() throws Refusal {
        StringBuilder dump = new StringBuilder();
        for (int at = 0; at < PacketArgument.MAX_BYTES; at += 16) {
            dump.append(String.format("%08x: 3132 3334 3536 3738 3132 3334 3536 3738  1234567812345678%n", at));
        }
        assertEquals(PacketArgument.MAX_BYTES, PacketText.read(dump.toString()).length);
    }
}
