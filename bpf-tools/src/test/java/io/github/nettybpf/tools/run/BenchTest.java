package io.github.nettybpf.tools.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.nettybpf.tools.Command;
import io.github.nettybpf.tools.capture.CaptureBytes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BenchTest {
    private static final Pattern LINE =
            Pattern.compile("(interpreter|compiler) +([0-9.]+) +([0-9.]+) +([0-9.]+) +([0-9.]+) +([0-9.]+) +1 +2");

    @TempDir
    private Path directory;

    private String capture() throws IOException {
        byte[] arp = new byte[42];
        arp[12] = 8;
        arp[13] = 6;
        CaptureBytes capture = CaptureBytes.pcap()
                .record(1, 2, 42, arp)
                .record(3, 4, 60, new byte[60])
                .record(5, 6, 9, new byte[9]);
        return Files.write(directory.resolve("three.pcap"), capture.toByteArray())
                .toString();
    }

    @Test
    void tellsCountsAndSpread() throws IOException {
        Command run = Command.run("", "bench", "arp", capture(), "--rounds", "3");
        assertEquals(0, run.code(), run.err());
        assertEquals("", run.err());
        List<String> lines = run.out().lines().toList();
        assertEquals("3 packets, 37 bytes on average; 3 rounds of each engine", lines.get(0));
        assertEquals("ns per packet      min     25 %   median     75 %      max  passes  fails", lines.get(1));
        assertEquals(4, lines.size());
        for (String line : lines.subList(2, 4)) {
            Matcher matcher = LINE.matcher(line);
            assertTrue(matcher.matches(), line);
            double last = 0;
            for (int i = 2; i <= 6; i++) {
                double time = Double.parseDouble(matcher.group(i));
                assertTrue(time >= last, line);
                last = time;
            }
        }
    }

    @Test
    void enginesThatDifferAreTold() throws IOException {
        Command run = Command.run("", "bench", "ld rand ret a", capture());
        assertEquals(1, run.code());
        assertTrue(
                run.err()
                        .matches("bpf bench: packet [12]: verdict \\d+ by the interpreter and \\d+ by the compiler"
                                + " \\(expected: the same; a program that reads rand has no single verdict\\)\n"),
                run.err());
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "nothing | | 2 | no PROGRAM (expected: PROGRAM CAPTURE)",
                "no capture | arp | 2 | no CAPTURE (expected: PROGRAM CAPTURE)",
                "two captures | arp NAME NAME | 2 | 'NAME' (expected: nothing after CAPTURE)",
                "an option of another verb | arp NAME --engine x | 2 | '--engine' (expected: --expression, --help, --json, --limit, --link-type, --netmask, --notation, --rounds, --set, --version)",
                "no rounds | arp NAME --rounds 0 | 2 | --rounds: '0' (expected: 1..999999999999999999)",
                "rounds without end | arp NAME --rounds 10001 | 2 | --rounds 10001 (expected: 1..10000)",
                "rounds that are no number | arp NAME --rounds x | 2 | --rounds: 'x' (expected: 1..999999999999999999)",
                "no packets | arp NAME --limit 0 | 2 | --limit: '0' (expected: 1..999999999999999999)",
                "a limit without number | arp NAME --limit | 2 | --limit: no value (expected: N)",
                "a link type that is none | arp NAME --link-type X | 2 | --link-type: 'X' (expected: EN10MB, RAW, LINUX_SLL, LINUX_SLL2, NULL, LOOP, PPP, PPP_ETHER, C_HDLC, FRELAY, IPNET, IEEE802_11, IEEE802_11_RADIO or OTHER)",
                "a notation that is none | arp NAME --notation X | 2 | --notation: 'X' (expected: asm, listing, bytecode, c, ddd or hex)",
                "two ways to take the program | arp NAME -e --notation asm | 2 | --expression and --notation (expected: one of them)",
                "no such capture | arp nowhere | 1 | nowhere: no such file",
                "a folder | arp DIR | 1 | DIR: is a directory (expected: a file)",
                "text | arp TEXT | 1 | TEXT: byte 0: 0x6e6f2063 (expected: a capture in pcap or pcapng format)",
                "an empty file | arp EMPTY | 1 | EMPTY: byte 0: nothing (expected: a capture in pcap or pcapng format)",
                "a capture without packets | arp NONE | 1 | NONE: no packets (expected: at least one)",
                "a capture cut off | arp CUT | 1 | CUT: byte 167: the capture ends inside packet 3, which begins at byte 158 (expected: 7 more bytes)",
                "an expression with a typo | tpc NAME | 1 | PROGRAM: no file of this name; as an expression: column 1: 'tpc' (expected: a protocol, host, net, port, a comparison, 'not' or '('; did you mean 'tcp'?)",
                "a program that the kernel refuses | 1,0~0~0~0 NAME | 1 | PROGRAM: line 1, column 3: insn 0: ld #0: last instruction (expected: ret #k or ret a)",
                "what captures do not tell | ld~mark~ret~a NAME | 1 | insn 0 reads mark, which is not in a capture",
                "standard input twice | - - | 2 | standard input twice (expected: at most one -)",
            })
    void badInputIsToldInOneLine(String name, String args, int code, String message) throws IOException {
        String capture = capture();
        Files.writeString(directory.resolve("TEXT"), "no capture");
        Files.createFile(directory.resolve("EMPTY"));
        Files.write(directory.resolve("NONE"), CaptureBytes.pcap().toByteArray());
        Files.write(directory.resolve("CUT"), Arrays.copyOf(Files.readAllBytes(Path.of(capture)), 167));
        List<String> words = new ArrayList<>(List.of("bench"));
        for (String word : args == null ? new String[0] : args.split(" ", -1)) {
            words.add(filled(word, capture).replace('~', ' '));
        }
        Command run = Command.run("", words.toArray(String[]::new));
        assertEquals(code, run.code(), run.err());
        assertEquals("", run.out());
        assertEquals(
                "bpf bench: " + filled(message, capture),
                run.err().lines().findFirst().orElse(""));
        assertTrue(run.err().lines().count() <= 3, run.err());
    }

    private String filled(String text, String capture) {
        return text.replace("NAME", capture)
                .replaceAll("TEXT|EMPTY|NONE|CUT", directory + "/$0")
                .replace("DIR", directory.toString());
    }
}
