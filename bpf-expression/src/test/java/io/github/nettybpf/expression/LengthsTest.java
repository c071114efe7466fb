package io.github.nettybpf.expression;

import static org.junit.jupiter.api.Assertions.assertEquals;
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
import org.junit.jupiter.api.Test;

/**
 * The lengths of programs beside those of the installed libpcap, both optimized, printed as a table: lists of addresses, ports and
 * conversations.
 */
class LengthsTest {
    /** libpcap takes seconds for longer ones. */
    private static final int[] SIZES = {1, 2, 3, 5, 10, 30, 60};

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

    private static void check(List<Row> rows) {
        rows.forEach(System.out::println);
        rows.forEach(row -> row.longer.forEach(line -> System.out.println(row.kind + ": " + line)));
        assertEquals(
                List.of(), rows.stream().flatMap(row -> row.refused.stream()).toList());
    }

    @Test
    void noListIsRefusedThatLibpcapTakes() throws Exception {
        long seed = Long.getLong("bpf.seed", 1);
        List<Row> rows = new ArrayList<>();
        try (Libpcap libpcap = Libpcap.start()) {
            for (RandomLists kind : RandomLists.values()) {
                Row row = new Row(kind.shown());
                for (int size : SIZES) {
                    Random random = new Random(seed + size);
                    row.compare(libpcap, kind.list(random, size), LinkType.EN10MB, "x " + size);
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
