package io.github.nettybpf.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Listings are what {@code tcpdump -d} prints, byte for byte, written and read. */
class TcpdumpListingTest {
    private static final List<String> EXPRESSIONS = List.of(
            "arp",
            "tcp port 80",
            "ether[0] + 4294967295 = 3",
            "ether[0] * 2 - 1 > len",
            "-ether[0] = 5",
            "ip[0] / 3 % 2 = 1",
            "ether[ether[2]] = 1",
            "ether[0] & 3 | 4 ^ 5 = 6",
            "ether[0] << 3 >> 1 = 4",
            "tcp[tcpflags] & tcp-syn != 0",
            "len > 100",
            "vlan and ip",
            "ip6 and udp portrange 1000-2000",
            "net 10.0.0.0/8 and not host 10.1.2.3",
            "icmp or icmp6");

    @Test
    void listings() throws IOException, InterruptedException {
        assumeTrue(run("tcpdump", "--version").isPresent(), "no tcpdump: install tcpdump");
        List<String> expressions = new ArrayList<>(EXPRESSIONS);
        Path further = Path.of(System.getProperty("bpf.conformance", "")).resolve("expressions.tsv");
        if (Files.exists(further)) {
            Files.readAllLines(further).stream()
                    .filter(line -> !line.startsWith("#") && !line.isBlank())
                    .forEach(line -> expressions.add(line.split("\t", -1)[0]));
        }
        int compared = 0;
        for (String expression : expressions) {
            var numbers = run("tcpdump", "-y", "EN10MB", "-ddd", expression);
            var listing = run("tcpdump", "-y", "EN10MB", "-d", expression);
            if (numbers.isEmpty() || listing.isEmpty()) {
                continue; // libpcap does not know it
            } else if (!listing.get().startsWith("(000) ")) {
                continue; // it is an option, and tcpdump answers with something else
            }
            List<RawInstruction> raw = ProgramFormat.readUnverified(numbers.get());
            assertEquals(listing.get(), ProgramFormat.LISTING.write(raw), expression);
            if (raw.stream().noneMatch(insn -> insn.code() == 5 && insn.k() < 0)) {
                // libpcap leaves numbers in fields that mean nothing, which a listing does not have.
                assertEquals(decoded(raw), decoded(ProgramFormat.readUnverified(listing.get())), expression);
            }
            compared++;
        }
        System.out.println("TcpdumpListingTest: " + compared + " listings compared with tcpdump's");
        assertTrue(compared >= 10, compared + " listings");
    }

    private static List<Instruction> decoded(List<RawInstruction> raw) {
        return raw.stream().map(RawInstruction::disassemble).toList();
    }

    private static Optional<String> run(String... command) throws InterruptedException {
        try {
            Process process = new ProcessBuilder(Arrays.asList(command))
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return process.waitFor() == 0 ? Optional.of(out) : Optional.empty();
        } catch (IOException notThere) {
            return Optional.empty();
        }
    }
}
