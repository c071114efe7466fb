package io.github.nettybpf.tools.dbg;

import io.github.nettybpf.tools.Printable;
import io.github.nettybpf.tools.Refusal;
import io.github.nettybpf.tools.Source;
import io.github.nettybpf.tools.capture.CaptureReader;
import io.github.nettybpf.tools.capture.CapturedPacket;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** A position in a capture: at a packet, except after a method that says otherwise. To be closed. */
final class CaptureCursor implements AutoCloseable {
    private final Source source;
    private final Path file;
    private @Nullable CaptureReader reader;
    private @Nullable CapturedPacket packet;
    private long passed;
    private long size;

    private CaptureCursor(Source source, Path file) {
        this.source = source;
        this.file = file;
    }

    /**
     * {@return a cursor at the first packet of a file}
     *
     * @throws Refusal if the file cannot be read, or has no packets
     */
    static CaptureCursor open(String name) throws Refusal {
        Source source = new Source(name);
        Path file;
        try {
            file = Path.of(name);
        } catch (InvalidPathException e) {
            throw new Refusal(Printable.of(name) + ": not a name that this system has for files");
        }
        if (Files.exists(file) && !Files.isRegularFile(file)) {
            throw new Refusal(
                    Printable.of(name) + ": not a regular file (expected: a capture, which is read more than once)");
        }
        CaptureCursor cursor = new CaptureCursor(source, file);
        try {
            cursor.first();
        } catch (Refusal e) {
            cursor.close();
            throw e;
        }
        return cursor;
    }

    /** {@return the current packet, which is valid until the cursor moves} */
    CapturedPacket packet() {
        if (packet == null) {
            throw new IllegalStateException("at no packet");
        }
        return packet;
    }

    /** {@return the number of the current packet, from 1; at no packet, that of the last one} */
    long number() {
        return passed;
    }

    /** {@return how many packets the capture has} This is known only after {@link #select} has returned false. */
    long size() {
        return size;
    }

    /**
     * Goes back to the first packet.
     *
     * @throws Refusal if the file cannot be read, or has no packets
     */
    void first() throws Refusal {
        close();
        try {
            reader = CaptureReader.open(file);
        } catch (IOException e) {
            throw source.unreadable(e);
        }
        if (!next()) {
            throw new Refusal(source.name() + ": no packets (expected: at least one)");
        }
    }

    /**
     * {@return whether there was a next packet} If not, the cursor is at no packet until {@link #first} or {@link
     * #select}.
     *
     * @throws Refusal if the capture is damaged there; the cursor is at no packet then
     */
    boolean next() throws Refusal {
        packet = null;
        if (reader == null) {
            return false;
        }
        try {
            packet = reader.next();
        } catch (IOException e) {
            throw source.unreadable(e);
        }
        passed += packet == null ? 0 : 1;
        return packet != null;
    }

    /**
     * {@return whether there is a packet of this number} If not, the cursor goes to the first.
     *
     * @param number which packet, from 1
     * @throws Refusal if the capture is damaged before it; the cursor is at no packet then
     */
    boolean select(long number) throws Refusal {
        if (packet == null || number < passed) {
            first();
        }
        while (passed < number) {
            if (!next()) {
                size = passed;
                first();
                return false;
            }
        }
        return true;
    }

    @Override
    public void close() throws Refusal {
        passed = 0;
        packet = null;
        CaptureReader open = reader;
        reader = null;
        if (open != null) {
            try {
                open.close();
            } catch (IOException e) {
                throw source.unreadable(e);
            }
        }
    }
}
