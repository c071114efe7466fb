package io.github.nettybpf.tools.explain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.nettybpf.tools.Refusal;
import java.util.HexFormat;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvFileSource;

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
}
