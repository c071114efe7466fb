package io.github.nettybpf.expression;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.nettybpf.core.Filter;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.expression.FilterExpression.Options;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Cases from outside the project: {@code mvn verify -Dconformance=FOLDER}; CONTRIBUTING.md describes the files. */
class ConformanceTest {
    private static final int NETMASK = 0xffffff00;

    /** Expressions for which we differ on purpose; docs/expressions.md tells why. */
    private static final Map<String, String> DIFFERENCES =
            Map.of("ip6 protochain 6", "REJECT", "ip protochain 50", "REJECT");

    private final Path folder = Path.of(System.getProperty("bpf.conformance", ""));

    private List<String> lines(String file) throws IOException {
        return Files.readAllLines(folder.resolve(file)).stream()
                .filter(line -> !line.startsWith("#") && !line.isBlank())
                .toList();
    }

    @Test
    void expressionsAcceptWhatLibpcapAccepts() throws IOException {
        boolean there = Files.exists(folder.resolve("expressions.tsv"));
        assumeTrue(there, "no folder with further cases was named: -Dconformance=FOLDER");
        List<CapturedPacket> packets = new ArrayList<>();
        for (String line : lines("packets_en10mb.txt")) {
            String[] fields = line.split(" ", -1);
            byte[] bytes = HexFormat.of().parseHex(fields[1]);
            packets.add(new CapturedPacket(
                    ByteBuffer.wrap(bytes), Integer.parseInt(fields[0]), CapturedPacket.Metadata.NOTHING));
        }
        List<String> rows = lines("expressions.tsv");
        assertTrue(rows.size() >= 120);
        Map<String, String> differences = new TreeMap<>();
        for (String row : rows) {
            String[] fields = row.split("\t", -1);
            for (boolean optimized : new boolean[] {true, false}) {
                String accepted = accepted(fields[0], optimized, packets);
                if (!accepted.equals(fields[1])) {
                    differences.put(fields[0], accepted);
                }
            }
        }
        assertEquals(new TreeMap<>(DIFFERENCES), differences);
    }

    /** Lengths compared with those of the installed libpcap's programs, both optimized. */
    @Test
    void programsAreAsShortAsLibpcaps() throws IOException, InterruptedException {
        boolean there = Files.exists(folder.resolve("expressions.tsv"));
        assumeTrue(there, "no folder with further cases was named: -Dconformance=FOLDER");
        int compared = 0;
        int asShort = 0;
        List<String> longer = new ArrayList<>();
        List<String> tooLong = new ArrayList<>();
        try (Libpcap libpcap = Libpcap.start()) {
            for (String row : lines("expressions.tsv")) {
                String text = row.substring(0, row.indexOf('\t'));
                if (row.endsWith("\tREJECT") || DIFFERENCES.containsKey(text)) {
                    continue;
                }
                Libpcap.Compiled theirs = libpcap.compile(text, LinkType.EN10MB, false, true);
                assertEquals("", theirs.error(), text);
                Options options = Options.DEFAULT.withNetmask(NETMASK);
                int ours = FilterExpression.of(text, LinkType.EN10MB, options)
                        .program()
                        .size();
                int size = theirs.instructions().size();
                compared++;
                asShort += ours <= size ? 1 : 0;
                String lengths = ours + " instead of " + size + ": " + text;
                if (ours > size) {
                    longer.add(lengths);
                }
                if (5 * ours > 6 * size) {
                    tooLong.add(lengths);
                }
            }
        }
        System.out.printf(
                "%d of %d programs are no longer than libpcap's optimized ones; longer are: %s%n",
                asShort, compared, longer);
        assertTrue(compared >= 100, compared + " expressions");
        assertEquals(List.of(), tooLong);
        assertTrue(10 * asShort >= 9 * compared, longer::toString);
    }

    private static String accepted(String text, boolean optimized, List<CapturedPacket> packets) {
        Program program;
        try {
            Options options = Options.DEFAULT.withNetmask(NETMASK);
            program = FilterExpression.of(text, LinkType.EN10MB, optimized ? options : options.withoutOptimizer())
                    .program();
        } catch (ExpressionException e) {
            return "REJECT";
        }
        Filter filter = Filter.interpret(program);
        List<String> accepted = new ArrayList<>();
        for (int i = 0; i < packets.size(); i++) {
            if (filter.run(packets.get(i)) != 0) {
                accepted.add(Integer.toString(i));
            }
        }
        return String.join(" ", accepted);
    }
}
