package io.github.nettybpf.core.address;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads a list of addresses again whenever its file has changed. The set of before stays in force while the file is
 * missing, is no list, or is still being written: a file is read when two looks at it, one interval apart, have found
 * the same time of modification and size. A file of no bytes is no list: writing it has failed, or begins. Who renames
 * a complete file over the old one is never seen half way.
 *
 * <pre>{@code
 * AddressFilterHandler filter = AddressFilterHandler.denying(AddressSet.EMPTY);
 * AddressFile file = AddressFile.watch(
 *         Path.of("block.txt"), Duration.ofSeconds(5), executor, filter::denySources, e -> logger.warn("block.txt", e));
 * }</pre>
 */
public final class AddressFile implements AutoCloseable {
    /** What tells a file from the same file before a change. */
    private record Version(
            FileTime modified, long size, @Nullable Object key) {}

    private final Path file;
    private final AddressListFormat format;
    private final Consumer<AddressSet> sink;
    private final Consumer<Exception> problems;
    private @Nullable Version taken;
    private @Nullable Version seen;
    private @Nullable String told;
    private volatile @Nullable Future<?> looking;

    private AddressFile(Path file, AddressListFormat format, Consumer<AddressSet> sink, Consumer<Exception> problems) {
        this.file = file;
        this.format = format;
        this.sink = sink;
        this.problems = problems;
    }

    /**
     * Watches a file of the format {@link AddressListFormat#PLAIN}.
     *
     * @param file as there
     * @param interval as there
     * @param executor as there
     * @param sink as there
     * @param problems as there
     * @return closes the watch
     * @throws AddressSetException if the file is no list at first
     * @throws IOException if it cannot be read at first
     * @see #watch(Path, AddressListFormat, Duration, ScheduledExecutorService, Consumer, Consumer)
     */
    public static AddressFile watch(
            Path file,
            Duration interval,
            ScheduledExecutorService executor,
            Consumer<AddressSet> sink,
            Consumer<Exception> problems)
            throws IOException {
        return watch(file, AddressListFormat.PLAIN, interval, executor, sink, problems);
    }

    /**
     * Reads the file and passes its set on, in the calling thread; then looks at it again and again.
     *
     * @param file as {@link AddressSet#parse(Path, AddressListFormat)} reads it
     * @param format how its lines are written
     * @param interval between two looks, at least one millisecond
     * @param executor looks, reads and calls the consumers; reading a million prefixes keeps its thread busy for half a
     *     second, so it is no event loop. Shutting it down ends the looking, too.
     * @param sink takes each new set
     * @param problems takes an {@link IOException}, an {@link AddressSetException}, or what the sink throws; a problem that
     *     goes on is told once
     * @return closes the watch
     * @throws AddressSetException if the file is no list at first
     * @throws IOException if it cannot be read at first
     */
    public static AddressFile watch(
            Path file,
            AddressListFormat format,
            Duration interval,
            ScheduledExecutorService executor,
            Consumer<AddressSet> sink,
            Consumer<Exception> problems)
            throws IOException {
        AddressFile watch = first(file, format, sink, problems);
        watch.looking = executor.scheduleWithFixedDelay(
                watch::look, interval.toMillis(), interval.toMillis(), TimeUnit.MILLISECONDS);
        return watch;
    }

    /** Reads the file; {@link #look} is called by others. */
    static AddressFile first(
            Path file, AddressListFormat format, Consumer<AddressSet> sink, Consumer<Exception> problems)
            throws IOException {
        AddressFile watch = new AddressFile(file, format, sink, problems);
        watch.taken = watch.version();
        sink.accept(watch.parse());
        return watch;
    }

    /** Who writes a file empties it first, and a download that fails leaves it empty; an empty list has a comment. */
    private AddressSet parse() throws IOException {
        if (Files.size(file) == 0) {
            throw new AddressSetException(1, "nothing in the file (expected: a comment, if no address is listed)");
        }
        return AddressSet.parse(file, format);
    }

    private Version version() throws IOException {
        BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
        return new Version(attributes.lastModifiedTime(), attributes.size(), attributes.fileKey());
    }

    /** Looks at the file once; a look that throws would be the last. */
    void look() {
        try {
            Version now = version();
            if (now.equals(taken)) {
                seen = null;
                told = null;
            } else if (now.equals(seen)) {
                read(now);
            } else {
                seen = now;
            }
        } catch (IOException | RuntimeException e) {
            tell(e);
        }
    }

    private void read(Version now) throws IOException {
        AddressSet set = parse();
        Version after = version();
        if (!after.equals(now)) {
            seen = after;
            return;
        }
        sink.accept(set);
        taken = now;
        seen = null;
        told = null;
    }

    private void tell(Exception problem) {
        String what = problem.toString();
        if (!Objects.equals(what, told)) {
            told = what;
            problems.accept(problem);
        }
    }

    /** Looks no more. A look that has begun may still pass a set on. */
    @Override
    public void close() {
        Future<?> present = looking;
        if (present != null) {
            present.cancel(false);
        }
    }
}
