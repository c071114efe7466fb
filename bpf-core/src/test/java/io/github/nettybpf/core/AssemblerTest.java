package io.github.nettybpf.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvFileSource;

class AssemblerTest {
    /** In the tables, ⏎ stands for a line feed. */
    private static String text(String cell) {
        return cell.replace('⏎', '\n');
    }

    @ParameterizedTest(name = "{0}")
    @CsvFileSource(resources = "assembler.txt", delimiter = '|')
    void assembles(String rule, String source, String bytecode) {
        String end = "6 0 0 0,";
        Program program = Program.parse(text(source) + "\nret #0");
        String expected = bytecode + "," + end;
        int size = program.size();
        assertEquals(size + "," + expected + "\n", ProgramFormat.BYTECODE.write(program), rule);
    }

    @ParameterizedTest(name = "{0}")
    @CsvFileSource(resources = "assembler-errors.txt", delimiter = '|')
    void refuses(String rule, String source, String message) {
        AssemblyException e = assertThrows(AssemblyException.class, () -> Program.parse(text(source)), rule);
        assertEquals(message, e.getMessage());
        assertEquals(e.getMessage(), "line " + e.line() + ", column " + e.column() + ": " + e.problem());
    }

    @Test
    void aRuleOfTheKernelIsTheCause() {
        AssemblyException e = assertThrows(AssemblyException.class, () -> Program.parse("ret #1\nst M[16]\nret #0"));
        VerificationException cause = (VerificationException) e.getCause();
        assertEquals(1, cause.pc());
        assertEquals(VerificationException.Rule.SCRATCH_SLOT, cause.rule());
        assertEquals("insn 1: st M[16]: scratch slot 16 (expected: 0..15)", cause.getMessage());
    }

    @Test
    void aProgramHas4096InstructionsAtMost() {
        assertEquals(4096, Program.parse("ret #0\n".repeat(4096)).size());
        assertEquals(
                "line 4097, column 1: instruction number 4097 (expected: at most 4096)",
                assertThrows(AssemblyException.class, () -> Program.parse("ret #0\n".repeat(4097)))
                        .getMessage());
    }

    @Test
    void branchesReach255InstructionsAndJaAll() {
        String body = "tax\n".repeat(255);
        assertEquals(257, Program.parse("jeq #1, end\n" + body + "end: ret #0").size());
        assertEquals(
                4096,
                Program.parse("ja end\n" + "tax\n".repeat(4094) + "end: ret #0").size());
        assertEquals(
                "line 1, column 9: label 'end' is 256 instructions ahead (expected: at most 255; ja goes further)",
                assertThrows(AssemblyException.class, () -> Program.parse("jeq #1, end\n" + body + "tax\nend: ret #0"))
                        .getMessage());
    }

    @Test
    void whatIsLongIsCutInMessages() {
        String cut = "'" + "b".repeat(40) + "...'";
        for (String text : new String[] {"b".repeat(5000), "ret " + "b".repeat(5000), "ja " + "b".repeat(5000)}) {
            String message = assertThrows(AssemblyException.class, () -> Program.parse(text))
                    .getMessage();
            assertEquals(true, message.contains(cut) && message.length() < 150, message);
        }
    }

    @Test
    void junkIsRefusedAndNeverBreaksTheAssembler() {
        assertTrue(acceptedOfJunk(7, 15_000) > 0);
    }

    @Test
    @Tag("soak")
    void junkForLong() {
        long end = System.nanoTime() + Long.getLong("soak.seconds", 60) * 1_000_000_000L;
        long seed = System.nanoTime();
        System.out.println("junk programs, first seed " + seed);
        for (; System.nanoTime() < end; seed++) {
            acceptedOfJunk(seed, 50_000);
        }
    }

    /** {@return how many of the texts are programs} */
    private static int acceptedOfJunk(long seed, int texts) {
        Random random = new Random(seed);
        String[] pieces = {
            "ld",
            "ldx",
            "#",
            "[",
            "]",
            "x",
            "a",
            "M",
            "+",
            "*",
            "(",
            ")",
            "&",
            "0xf",
            "4",
            "jeq",
            ",",
            ":",
            "l1",
            "ret",
            "\n",
            " ",
            ";",
            "//",
            "/*",
            "*/",
            "%",
            "-",
            "é",
            "\u0000",
            "len",
            "#len",
            "99999999999999999999",
            "08"
        };
        int accepted = 0;
        for (int i = 0; i < texts; i++) {
            StringBuilder text = new StringBuilder();
            for (int n = random.nextInt(12); n > 0; n--) {
                text.append(pieces[random.nextInt(pieces.length)]).append(random.nextBoolean() ? " " : "");
            }
            try {
                ProgramFormat.readAny(text);
                accepted++;
            } catch (AssemblyException e) {
                int lines = (int) text.chars().filter(c -> c == '\n').count() + 1;
                assertEquals(
                        true,
                        e.line() >= 1 && e.line() <= lines && e.column() >= 1,
                        () -> "seed " + seed + ": " + text);
            }
        }
        return accepted;
    }
}
