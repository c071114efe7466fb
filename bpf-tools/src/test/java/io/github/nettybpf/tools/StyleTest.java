package io.github.nettybpf.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.nettybpf.tools.cli.Bpf;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;

class StyleTest {
    private static String shown(Style style, String... arguments) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Bpf.run(new Session(InputStream.nullInputStream(), out, new ByteArrayOutputStream(), style), arguments);
        return out.toString(StandardCharsets.UTF_8);
    }

    @Test
    void onlyTerminalsThatAllowItGetColours() {
        Map<String, String> terminal = Map.of("TERM", "xterm", "NO_COLOR", "");
        assertEquals("\u001b[31mx\u001b[0m", Style.of(true, terminal).problem("x"));
        assertEquals("x", Style.of(false, terminal).problem("x"));
        assertEquals("x", Style.of(true, Map.of("TERM", "dumb")).problem("x"));
        assertEquals("x", Style.of(true, Map.of()).problem("x"));
        assertEquals(
                "x", Style.of(true, Map.of("TERM", "xterm", "NO_COLOR", "1")).problem("x"));
    }

    @Test
    void problemsAreRed() {
        String shown = shown(new Style(true), "check", "1,0 0 0 7");
        assertTrue(shown.contains("program:     \u001b[31mrefused\u001b[0m\n"), shown);
        assertTrue(
                shown.contains(
                        "problem:     \u001b[31minsn 0: ld #7: last instruction (expected: ret #k or ret a)\u001b[0m\n"),
                shown);
    }

    @Test
    void whatIsAcceptedHasNoColour() {
        assertFalse(shown(new Style(true), "check", "ret #0").contains("\u001b"));
    }

    @Test
    void takenBranchesAreBold() {
        String shown = shown(new Style(true), "explain", "ldb [1]\njeq #20, end\nret #0\nend: ret #1", "0a 14");
        assertTrue(shown.contains("A is 0x14: \u001b[1mon to 003\u001b[0m\n"), shown);
        assertEquals(
                shown.replaceAll("\u001b\\[\\d+m", ""),
                shown(new Style(false), "explain", "ldb [1]\njeq #20, end\nret #0\nend: ret #1", "0a 14"));
    }
}
