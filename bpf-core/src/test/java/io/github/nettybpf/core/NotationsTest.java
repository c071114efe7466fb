package io.github.nettybpf.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvFileSource;
import org.junit.jupiter.params.provider.CsvSource;

/** Programs as people paste them. */
class NotationsTest {
    private static final Pattern ROW = Pattern.compile(
            "\\| [^|]+ \\| (?<format>asm|bytecode|ddd|c|hex|listing) \\| `(?<example>.*)` \\| (?<bytecode>[0-9 ,]+) \\|");

    /** The list of notations in docs/formats.md, each with an example, its reader and its bytecode. */
    @Test
    void documented() throws IOException {
        List<String> wrong = new ArrayList<>();
        Set<ProgramFormat> read = EnumSet.noneOf(ProgramFormat.class);
        int rows = 0;
        for (String line : Files.readAllLines(Path.of("../docs/formats.md"))) {
            Matcher row = ROW.matcher(line);
            if (row.matches() && ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN) {
                String text = row.group("example")
                        .replace("\\|", "|")
                        .replace('⏎', '\n')
                        .replace('⇥', '\t');
                ProgramFormat format = ProgramFormat.valueOf(row.group("format").toUpperCase(Locale.ROOT));
                for (String variant : List.of(text, text.replace("\n", "\r\n"), "\ufeff" + text)) {
                    String detected =
                            ProgramFormat.detect(variant) + ": " + bytecode(() -> ProgramFormat.readAny(variant));
                    String named = bytecode(() -> format.read(variant));
                    if (!detected.equals(format + ": " + row.group("bytecode"))
                            || !named.equals(row.group("bytecode"))) {
                        wrong.add(line + "\n  " + detected + "; " + named);
                    }
                }
                read.add(format);
                rows++;
            }
        }
        assertEquals(List.of(), wrong);
        assertTrue(rows >= 38 && read.size() == ProgramFormat.values().length, rows + " rows, of " + read);
    }

    private static String bytecode(Supplier<Program> reader) {
        try {
            return ProgramFormat.BYTECODE.write(reader.get()).strip();
        } catch (AssemblyException e) {
            return e.getMessage();
        }
    }

    /** What looks like a notation and is none, or is not all of the text, or is in doubt. */
    @ParameterizedTest(name = "{0}")
    @CsvFileSource(resources = "notation-errors.txt", delimiter = '|', quoteCharacter = '`')
    void refuses(String name, String format, String text, String message) {
        String unescaped = text.replace('⏎', '\n').replace('¦', '|');
        AssemblyException e = assertThrows(
                AssemblyException.class,
                () -> {
                    if (format.equals("any")) {
                        ProgramFormat.readAny(unescaped);
                    } else {
                        ProgramFormat.valueOf(format).read(unescaped);
                    }
                },
                name);
        assertEquals(message, e.getMessage());
    }

    @Test
    void filesOfStructs() throws IOException {
        byte[] structs = {6, 0, 0, 0, -1, -1, -1, -1};
        if (ByteOrder.nativeOrder() == ByteOrder.BIG_ENDIAN) {
            structs[0] = 0;
            structs[1] = 6;
        }
        assertEquals(Program.parse("ret #-1"), ProgramFormat.readAny(ProgramFormat.textOf(structs)));
        assertEquals("ret #1", ProgramFormat.textOf("\ufeffret #1".getBytes(StandardCharsets.UTF_8)));
        assertEquals("", ProgramFormat.textOf(new byte[0]));
        assertThrows(CharacterCodingException.class, () -> ProgramFormat.textOf(new byte[] {'r', 'e', 't', -1}));
        assertThrows(CharacterCodingException.class, () -> ProgramFormat.textOf(Arrays.copyOf(structs, 7)));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "an expression that begins like a listing | (0x800 = ether[12:2]) | false",
                "an expression in parentheses | (80) = tcp[0:2] | false",
                "a comment before an expression | # web⏎tcp port 80 | false",
                "a comment after an expression | tcp port 80 # web | false",
                "a set | port {80, 443} | false",
                "a set of four | port {80, 443, 22, 25} | false",
                "words of expressions | tcp⏎and port 80⏎or udp | false",
                "an address in hexadecimal digits | ether host 020000000001 | false",
                "eBPF | r0 = 1⏎exit | true",
                "only comments | # nothing | true",
                "a mistyped mnemonic | lhd #5 | true",
                "an extension | foo #proto | true",
                "a listing | (000) ret #0 | true",
                "a tuple | (6, 0, 0, 0) | true"
            })
    void tellsProgramsFromExpressions(String name, String text, boolean isProgram) {
        assertEquals(isProgram, ProgramFormat.isProgram(text.replace('⏎', '\n')));
    }

    /** Files from outside the project, and the bytecode that each stands for, or why it is refused. */
    @Test
    void conformance() throws IOException {
        Path folder = Path.of(System.getProperty("bpf.conformance", "")).resolve("notations");
        assumeTrue(
                Files.exists(folder.resolve("index.tsv")), "no folder with notations was named: -Dconformance=FOLDER");
        assumeTrue(ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN, "the bytes of structs are little-endian");
        List<String> wrong = new ArrayList<>();
        int files = 0;
        for (String line : Files.readAllLines(folder.resolve("index.tsv"))) {
            if (!line.startsWith("#")) {
                String[] row = line.split("\t", -1);
                String text = ProgramFormat.textOf(Files.readAllBytes(folder.resolve(row[0])));
                String answer;
                try {
                    answer = ProgramFormat.BYTECODE
                            .write(ProgramFormat.readAny(text))
                            .strip();
                } catch (AssemblyException e) {
                    answer = e.problem().startsWith("an eBPF program (") ? "refuse: eBPF" : e.getMessage();
                }
                if (!answer.equals(row[1])) {
                    wrong.add(row[0] + ": " + answer);
                }
                files++;
            }
        }
        assertEquals(List.of(), wrong);
        assertTrue(files >= 73, files + " files");
    }
}
