package io.github.nettybpf.tools.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.nettybpf.tools.Command;
import io.github.nettybpf.tools.capture.CaptureReader;
import io.github.nettybpf.tools.capture.CapturedPacket;
import io.github.nettybpf.tools.capture.LinkTypes;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What {@code bpf run} counts and writes is what tcpdump counts and reads, on the captures of the conformance folder.
 */
class TcpdumpTest {
    private static final List<String> EXPRESSIONS =
            List.of("", "tcp", "udp port 53 or arp", "not ip6 and len <= 120", "ip[8] > 64", "portrange 1-1024");

    private final Path folder = Path.of(System.getProperty("bpf.conformance", ""), "captures");

    @TempDir
    private Path directory;

    @BeforeEach
    void needsTcpdumpAndCaptures() throws IOException, InterruptedException {
        assumeTrue(
                !System.getProperty("bpf.conformance", "").isEmpty() && Files.isDirectory(folder),
                "no folder with captures was named: -Dconformance=FOLDER");
        assumeTrue(isThere(), "no tcpdump here");
    }

    private boolean isThere() throws InterruptedException {
        try {
            return lines("tcpdump", "--version").code == 0;
        } catch (IOException e) {
            return false;
        }
    }

    /** What a command wrote to standard output. */
    record Answer(int code, List<String> lines) {}

    private Answer lines(String... command) throws IOException, InterruptedException {
        File out = Files.createTempFile(directory, "out", "").toFile();
        Process process = new ProcessBuilder(command)
                .redirectOutput(out)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        int code = process.waitFor();
        return new Answer(code, Files.readAllLines(out.toPath(), StandardCharsets.ISO_8859_1));
    }

    private List<Path> captures() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.sorted().toList();
        }
    }

    /** {@return how many packets tcpdump counts}: it writes a short record of each, and nothing is to be printed. */
    private long count(Path capture, String expression) throws IOException, InterruptedException {
        Path passed = directory.resolve("passed");
        Answer answer = lines("tcpdump", "-nn", "-r", capture.toString(), "-w", passed.toString(), expression);
        assertEquals(0, answer.code, capture + ": " + expression);
        return packets(passed).size();
    }

    private static List<CapturedPacket> packets(Path capture) throws IOException {
        List<CapturedPacket> packets = new ArrayList<>();
        try (CaptureReader reader = CaptureReader.open(capture)) {
            for (CapturedPacket packet = reader.next(); packet != null; packet = reader.next()) {
                packets.add(packet.copy());
            }
        }
        return packets;
    }

    @Test
    void countsWhatTcpdumpCounts() throws IOException, InterruptedException {
        int compared = 0;
        int passed = 0;
        for (Path capture : captures()) {
            List<CapturedPacket> all = packets(capture);
            boolean isKnown = LinkTypes.of(all.get(0).origin()).isPresent();
            for (String expression : EXPRESSIONS) {
                Answer program = lines("tcpdump", "-ddd", "-r", capture.toString(), expression);
                if (program.code != 0) {
                    continue; // that link type has no such thing
                }
                long passes = count(capture, expression);
                Command expected =
                        new Command(0, "bpf passes:" + passes + " fails:" + (all.size() - passes) + "\n", "");
                String ddd = String.join("\n", program.lines);
                assertEquals(expected, Command.run("", "run", ddd, capture.toString()), capture + ": " + expression);
                if (isKnown) {
                    assertEquals(
                            expected,
                            Command.run("", "run", "-e", expression, capture.toString()),
                            capture + ": " + expression);
                }
                compared++;
                passed += passes > 0 ? 1 : 0;
            }
        }
        System.out.println("TcpdumpTest: " + compared + " counts compared with tcpdump's, " + passed + " above 0");
        assertTrue(compared > 300, compared + " counts");
    }

    /** tcpdump prints the same lines for a capture and for what is kept of it, time stamps included. */
    @Test
    void tcpdumpReadsWhatIsWritten() throws IOException, InterruptedException {
        for (Path capture : captures()) {
            Path kept = directory.resolve("kept");
            Command run = Command.run("", "run", "ret #-1", capture.toString(), "--write", kept.toString());
            assertEquals(0, run.code(), run.err());
            String[] print = {"tcpdump", "-nn", "-tt", "-xx", "-r", capture.toString()};
            Answer before = lines(print);
            print[5] = kept.toString();
            assertEquals(before, lines(print), capture.toString());
        }
    }
}
