package io.github.nettybpf.tools.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.nettybpf.core.Filter;
import io.github.nettybpf.core.ProgramFormat;
import io.github.nettybpf.tools.capture.CaptureException;
import io.github.nettybpf.tools.capture.CaptureReader;
import io.github.nettybpf.tools.capture.CapturedPacket;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** tcpdump compiles expressions for captures; its programs, read back here, find as many packets in them as it does. */
class TcpdumpProgramsTest {
    private static final List<String> EXPRESSIONS = List.of(
            "ip",
            "ip6",
            "arp",
            "tcp",
            "udp",
            "icmp or icmp6",
            "not ip",
            "port 53",
            "portrange 1-1023",
            "tcp[tcpflags] & tcp-syn != 0",
            "host 192.168.0.1 or net 10.0.0.0/8",
            "ip6 proto 58",
            "ip[6:2] & 0x1fff = 0",
            "len > 100",
            "udp and ip[2:2] < 200",
            "ether proto 0x800",
            "multicast",
            "vlan");

    private record Answer(int code, String out) {}

    @Test
    void itsProgramsFindWhatItFinds() throws IOException, InterruptedException {
        assumeTrue(run("tcpdump", "--version").code() == 0, "no tcpdump, or none that counts: install tcpdump");
        Path folder = Path.of(System.getProperty("bpf.conformance", "")).resolve("captures");
        assumeTrue(Files.isDirectory(folder), "no folder with captures was named: -Dconformance=FOLDER");
        List<Path> captures;
        try (Stream<Path> files = Files.list(folder)) {
            captures = files.sorted().toList();
        }
        int compared = 0;
        int found = 0;
        for (Path capture : captures) {
            for (String expression : EXPRESSIONS) {
                Answer program = run("tcpdump", "-ddd", "-r", capture.toString(), expression);
                Answer count = run("tcpdump", "--count", "-n", "-r", capture.toString(), expression);
                // What cannot be asked of a link type has no program.
                if (program.code() == 0 && count.out().matches("(?s)\\d+ packets?\n")) {
                    int theirs = Integer.parseInt(
                            count.out().substring(0, count.out().indexOf(' ')));
                    assertEquals(theirs, count(program.out(), capture), () -> expression + " on " + capture);
                    compared++;
                    found += theirs > 0 ? 1 : 0;
                }
            }
        }
        assertTrue(compared > 600 && found > 200, compared + " compared, " + found + " of them with packets");
        System.out.printf("%d programs of tcpdump compared, %d of them find packets%n", compared, found);
    }

    private static int count(String program, Path capture) throws IOException {
        Filter filter = Filter.interpret(ProgramFormat.readAny(program));
        int count = 0;
        try (CaptureReader reader = CaptureReader.open(capture)) {
            for (CapturedPacket packet = reader.next(); packet != null; packet = reader.next()) {
                count += filter.run(packet) != 0 ? 1 : 0;
            }
        } catch (CaptureException damaged) {
            // tcpdump counts the packets before the damage, too.
            return count;
        }
        return count;
    }

    private static Answer run(String... command) throws InterruptedException {
        List<String> all = new ArrayList<>(List.of(command));
        try {
            Process process = new ProcessBuilder(all)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertTrue(process.waitFor(2, TimeUnit.MINUTES));
            return new Answer(process.exitValue(), out);
        } catch (IOException notThere) {
            return new Answer(-1, "");
        }
    }
}
