package io.github.nettybpf.examples;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The file that keeps the leases of a server, if it has one. Each line is a lease: the time at which it ends (UTC), the
 * address, the hardware type and address, and the client identifier or {@code -}. The file is replaced as a whole, so
 * that one which was being written when the process was killed is never read. It is not forced to the disk, because
 * the event loop would wait for that with each lease (5 to 10 ms, at times 50, on a virtual disk): after a loss of power
 * the file may be an older one.
 */
final class DhcpLeases {
    private static final int WORDS = 4;

    private final @Nullable Path file;
    private final LongSupplier clock;

    /**
     * @param file the file, or null if leases are kept in memory only
     * @param clock the pool's clock, in milliseconds
     */
    DhcpLeases(@Nullable Path file, LongSupplier clock) {
        this.file = file;
        this.clock = clock;
    }

    /** {@return the leases in the file; none if there is no file yet} */
    List<DhcpPool.Lease> read() throws IOException {
        List<DhcpPool.Lease> leases = new ArrayList<>();
        if (file != null) {
            try {
                long difference = difference();
                for (String line : Files.readAllLines(file)) {
                    leases.add(lease(file, leases.size() + 1, line, difference));
                }
            } catch (NoSuchFileException e) {
                // The first run. Whether the file can be written is seen at once:
                write(leases);
            }
        }
        return leases;
    }

    /** {@return what is to be added to a time of the pool's clock to get milliseconds since 1970 now} */
    private long difference() {
        return System.currentTimeMillis() - clock.getAsLong();
    }

    private static DhcpPool.Lease lease(Path from, int number, String line, long difference) throws IOException {
        String[] words = line.split(" ", -1);
        try {
            if (words.length == WORDS) {
                Optional<String> id = Optional.of(words[3]).filter(word -> !word.equals("-"));
                return new DhcpPool.Lease(
                        Ip4.parse(words[1]),
                        new DhcpClient(id, Chaddr.parse(words[2])),
                        Instant.parse(words[0]).toEpochMilli() - difference);
            }
        } catch (IllegalArgumentException | DateTimeException e) {
            throw new IOException(problem(from, number, line), e);
        }
        throw new IOException(problem(from, number, line));
    }

    private static String problem(Path from, int number, String line) {
        return from + ", line " + number + ": " + Printable.quoted(line)
                + " (expected: END ADDRESS HARDWARE-TYPE/ADDRESS CLIENT-ID)";
    }

    /** Writes all leases, before the client is told of the last one. */
    void write(List<DhcpPool.Lease> leases) throws IOException {
        if (file != null) {
            Path written = file.resolveSibling(file.getFileName() + ".new");
            long difference = difference();
            Files.write(
                    written,
                    leases.stream().map(lease -> line(lease, difference)).toList());
            Files.move(written, file, StandardCopyOption.ATOMIC_MOVE);
        }
    }

    private static String line(DhcpPool.Lease lease, long difference) {
        return String.join(
                " ",
                Instant.ofEpochMilli(lease.until() + difference).toString(),
                lease.address().toString(),
                lease.client().hardware().encoded(),
                lease.client().id().orElse("-"));
    }

    /** {@return a lease as a line for people} */
    String described(DhcpPool.Lease lease) {
        long left = lease.until() - clock.getAsLong();
        return lease.address() + ", client " + lease.client().hardware()
                + lease.client().id().map(id -> ", client id " + id).orElse("")
                + (left > 0 ? ", ends in " + left / 1000 + " s" : ", over");
    }
}
