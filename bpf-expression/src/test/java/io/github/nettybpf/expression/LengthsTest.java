package io.github.nettybpf.expression;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.nettybpf.core.Program;
import io.github.nettybpf.expression.FilterExpression.Options;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The lengths of programs beside those of the installed libpcap, both optimized, printed as a table: lists of addresses, ports and
 * conversations.
 */
class LengthsTest {
    /** libpcap takes seconds for longer ones. */
    private static final int[] SIZES = {1, 2, 3, 5, 10, 20, 30, 60};

    private static final int[] LARGE_SIZES = {100, 150, 200, 400};

    /** How many lists there are of each form and size. */
    private static final int LISTS = 2;

    /** What was compared, of one kind. */
    private static final class Row {
        final String kind;
        int compared;
        int notLonger;
        int theirsRefused;
        int oursRefused;
        long ours;
        long theirs;
        final List<String> longer = new ArrayList<>();
        final List<String> refused = new ArrayList<>();

        Row(String kind) {
            this.kind = kind;
        }

        void compare(Libpcap libpcap, String text, LinkType type, String shown) throws IOException {
            Libpcap.Compiled compiled = libpcap.compile(text, type, false, true);
            int size = compiled.instructions().size();
            boolean fits = compiled.error().isEmpty() && size <= Program.MAX_SIZE;
            theirsRefused += fits ? 0 : 1;
            int length = length(text, type);
            oursRefused += length < 0 ? 1 : 0;
            if (fits && length < 0) {
                refused.add(shown + " (" + size + ")");
            } else if (fits) {
                compared++;
                notLonger += length <= size ? 1 : 0;
                ours += length;
                theirs += size;
                if (length > size) {
                    longer.add(length + " instead of " + size + ": " + shown);
                }
            }
        }

        @Override
        public String toString() {
            return String.format(
                    "| `%s` | %d | %d | %d | %d | %d | %d |",
                    kind, compared, notLonger, ours, theirs, oursRefused, theirsRefused);
        }
    }

    private static int length(String text, LinkType type) {
        try {
            return FilterExpression.of(
                            text, type, Options.DEFAULT.withNetmask(0xffffff00).withRejectingAll())
                    .program()
                    .size();
        } catch (ExpressionException e) {
            return -1;
        }
    }

    /** Checks that nothing is refused that libpcap takes, and that of 100 programs 99 are no longer than libpcap's. */
    private static void check(List<Row> rows) {
        rows.forEach(System.out::println);
        rows.forEach(row -> row.longer.forEach(line -> System.out.println(row.kind + ": " + line)));
        assertEquals(
                List.of(), rows.stream().flatMap(row -> row.refused.stream()).toList());
        int compared = rows.stream().mapToInt(row -> row.compared).sum();
        int notLonger = rows.stream().mapToInt(row -> row.notLonger).sum();
        String share = notLonger + " of " + compared + " are no longer than libpcap's";
        System.out.println(share);
        assertTrue(100 * notLonger >= 99 * compared, share);
    }

    @Test
    void listsAreNoLonger() throws Exception {
        compareLists(SIZES, LISTS);
    }

    @Test
    @Tag("soak")
    void longListsAreNoLonger() throws Exception {
        compareLists(LARGE_SIZES, 1);
    }

    /** libpcap takes some 3,250 to 4,090 instructions for these, and seconds to minutes. */
    @ParameterizedTest
    @CsvSource({
        "HOSTS_AND_PORTS, 193",
        "HOSTS_AND_PORTS, 238",
        "CONVERSATIONS, 212",
        "CONVERSATIONS6, 114",
        "EXCLUDED_CONVERSATIONS, 188",
        "FLOWS, 234",
        "DIRECTED, 424",
        "MIXED_HOSTS, 340",
        "ALTERNATING_EXCLUSIONS, 330"
    })
    void listsThatLibpcapJustFitsAreCompiled(RandomLists kind, int size) {
        long seed = Long.getLong("bpf.seed", 1);
        int length = length(kind.list(new Random(seed), size), LinkType.EN10MB);
        assertTrue(length > 0, () -> kind + " x " + size + ", seed " + seed);
    }

    private static void compareLists(int[] sizes, int lists) throws Exception {
        long seed = Long.getLong("bpf.seed", 1);
        List<Row> rows = new ArrayList<>();
        try (Libpcap libpcap = Libpcap.start()) {
            for (RandomLists kind : RandomLists.values()) {
                Row row = new Row(kind.shown());
                for (int size : sizes) {
                    for (int i = 0; i < lists; i++) {
                        long own = seed + size + 1000L * i;
                        String list = kind.list(new Random(own), size);
                        row.compare(libpcap, list, LinkType.EN10MB, "x " + size + ", seed " + own);
                    }
                }
                rows.add(row);
            }
        }
        check(rows);
    }

    /** Expressions from outside the project: lines of a link type's name, a tab, and an expression. */
    @Test
    void expressionsOfAFile() throws Exception {
        Path file = Path.of(System.getProperty("bpf.expressions", ""));
        assumeTrue(Files.isRegularFile(file), "no file with further expressions was named: -Dbpf.expressions=FILE");
        Row row = new Row(file.getFileName().toString());
        try (Libpcap libpcap = Libpcap.start()) {
            for (String line : Files.readAllLines(file)) {
                String[] fields = line.split("\t", 2);
                Optional<LinkType> type = LinkType.of(fields[0]);
                if (type.isPresent()) {
                    row.compare(libpcap, fields[1], type.get(), line);
                }
            }
        }
        check(List.of(row));
    }
}
