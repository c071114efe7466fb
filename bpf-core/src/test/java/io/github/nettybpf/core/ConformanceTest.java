package io.github.nettybpf.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Cases from outside the project: {@code mvn verify -Dconformance=FOLDER}; CONTRIBUTING.md describes the files. */
class ConformanceTest {
    private final Path folder = Path.of(System.getProperty("bpf.conformance", ""));

    @BeforeEach
    void needsTheFolder() {
        boolean there = Files.exists(folder.resolve("verdicts.tsv"));
        assumeTrue(there, "no folder with further cases was named: -Dconformance=FOLDER");
    }

    private List<String[]> rows(String file) throws IOException {
        return Files.readAllLines(folder.resolve(file)).stream()
                .filter(line -> !line.startsWith("#") && !line.isBlank())
                .map(line -> line.split("\t", -1))
                .toList();
    }

    @Test
    void verdicts() throws IOException {
        List<String[]> rows = rows("verdicts.tsv");
        assertTrue(rows.size() >= 81);
        for (String[] row : rows) {
            byte[] packet = row[2].equals("-") ? new byte[0] : HexFormat.of().parseHex(row[2]);
            int verdict = Filter.of(ProgramFormat.readAny(row[1])).run(new UnixPacket(packet));
            assertEquals(row[3], Integer.toUnsignedString(verdict), () -> String.join(" ", row));
        }
    }

    @Test
    void opcodes() throws IOException {
        Set<Integer> listed = new TreeSet<>();
        for (String[] row : rows("opcodes.tsv")) {
            listed.add(Integer.decode(row[0]));
        }
        Set<Integer> accepted = new TreeSet<>();
        for (int code = 0; code <= 0xffff; code++) {
            List<RawInstruction> program = List.of(
                    RawInstruction.of(0x02, 1),
                    RawInstruction.of(code, 1),
                    RawInstruction.of(6, 0),
                    RawInstruction.of(6, 0));
            try {
                Program.ofRaw(program);
                accepted.add(code);
            } catch (VerificationException e) {
                assertEquals(VerificationException.Rule.OPCODE, e.rule(), e.getMessage());
            }
        }
        assertEquals(listed, accepted);
    }

    @Test
    void allInstructions() throws IOException {
        String text = Files.readString(folder.resolve("all_instructions.txt"));
        String bytecode = Files.readString(folder.resolve("all_instructions.bpf"));
        List<RawInstruction> raw = ProgramFormat.readUnverified(text);
        assertEquals(bytecode.strip(), ProgramFormat.BYTECODE.write(raw).strip());
        assertEquals(
                "line 43, column 6: shift by 42 (expected: 0..31)",
                assertThrows(AssemblyException.class, () -> Program.parse(text)).getMessage(),
                "it is no program: the kernel refuses it");
    }

    /** Sources that are read differently than by bpf_asm, on purpose; docs/assembler.md tells why. */
    private static final Map<String, String> DIFFERENCES = Map.ofEntries(
            Map.entry(
                    "ja aa\naa: ret #0\naa: ret #1\n",
                    "line 3, column 1: label 'aa' again (expected: once; it is at insn 1)"),
            Map.entry(
                    "aa: ret #0\naa: ret #1\n", "line 2, column 1: label 'aa' again (expected: once; it is at insn 0)"),
            Map.entry("ld #-4294967295", "line 1, column 5: number -4294967295 (expected: -2147483648..4294967295)"),
            Map.entry("ld #0x1ffffffff", "line 1, column 5: number 0x1ffffffff (expected: -2147483648..4294967295)"),
            Map.entry(
                    "ld #0xfffffffffffffffff",
                    "line 1, column 5: number 0xfffffffffffffffff (expected: -2147483648..4294967295)"),
            Map.entry(
                    "xx: ret #0\nja xx",
                    "line 2, column 4: label 'xx' jumps backward, to insn 0 (expected: a later instruction than 1; the kernel runs no loops)"),
            Map.entry(
                    "l1: ret #0\nja l1",
                    "line 2, column 4: label 'l1' jumps backward, to insn 0 (expected: a later instruction than 1; the kernel runs no loops)"),
            Map.entry("ret x", "line 1, column 5: 'x' (expected: #k, a or %a)"),
            Map.entry("ret #0 # c", "1,6 0 0 0,\n"),
            Map.entry("/* c **/ ret #0", "1,6 0 0 0,\n"),
            Map.entry("add 5", "1,4 0 0 5,\n"),
            Map.entry("ret 0", "1,6 0 0 0,\n"));

    @Test
    void bpfAsm() throws IOException {
        JsonNode cases =
                new ObjectMapper().readTree(folder.resolve("bpf_asm.json").toFile());
        Map<String, String> differences = new HashMap<>();
        for (JsonNode c : cases) {
            String source = expanded(c.get("src").asText());
            ProgramFormat format = c.get("args").isEmpty() ? ProgramFormat.BYTECODE : ProgramFormat.C;
            boolean theirs = c.get("rc").asInt() == 0 && c.get("err").asText().isEmpty();
            String ours;
            boolean refused = false;
            try {
                ours = format.write(ProgramFormat.readUnverified(source));
            } catch (AssemblyException e) {
                ours = e.getMessage();
                refused = true;
            }
            String expected = c.get("out").asText();
            boolean agrees = theirs ? abbreviated(ours).equals(abbreviated(expected)) : refused;
            if (!agrees) {
                differences.put(source, ours);
            }
        }
        assertEquals(DIFFERENCES, differences);
    }

    /** {@code LINE x 4096} stands for that many lines. */
    private static String expanded(String source) {
        int times = source.lastIndexOf("\\n x ");
        return times < 0
                ? source
                : (source.substring(0, times) + "\n").repeat(Integer.parseInt(source.substring(times + 5)));
    }

    /** Long outputs are given by their first characters and their length. */
    private static String abbreviated(String output) {
        return output.length() < 1000 ? output : output.substring(0, 60) + "...(" + output.length() + " bytes)";
    }
}
