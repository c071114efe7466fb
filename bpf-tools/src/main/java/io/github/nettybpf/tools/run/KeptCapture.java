package io.github.nettybpf.tools.run;

import io.github.nettybpf.tools.Output;
import io.github.nettybpf.tools.Refusal;
import io.github.nettybpf.tools.Source;
import io.github.nettybpf.tools.capture.CaptureInterface;
import io.github.nettybpf.tools.capture.CapturedPacket;
import io.github.nettybpf.tools.capture.PcapngWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The capture that {@code --write} writes, of the packets that pass. It is written to a temporary file in the same
 * folder, which replaces the named one when it is complete; until then, and after a failure, the old contents stay. A
 * device or a pipe is written directly.
 */
final class KeptCapture implements AutoCloseable {
    private final Source named;
    private final Path target;

    /** Null if the target itself is written. */
    private final @Nullable Path temporary;

    private final PcapngWriter writer;

    private KeptCapture(Source named, Path target, @Nullable Path temporary, OutputStream out) {
        this.named = named;
        this.target = target;
        this.temporary = temporary;
        this.writer = new PcapngWriter(out);
    }

    /**
     * {@return the capture, to be {@linkplain #finish finished} and closed}
     *
     * @param captures the files that are read, which the written one must not be among
     * @param standardOutput the stream for the name -
     * @throws Refusal if the file is one of the captures, or cannot be written
     */
    static KeptCapture open(String file, List<String> captures, Output standardOutput) throws Refusal {
        Source named = new Source(file);
        try {
            Path target = Path.of(file);
            if (file.equals("-")) {
                return new KeptCapture(named, target, null, standardOutput.stream());
            }
            if (file.isEmpty() || Files.isDirectory(target)) {
                throw new Refusal("--write: " + (file.isEmpty() ? "''" : named.name()) + " (expected: a file)");
            }
            boolean isThere = Files.exists(target);
            if (isThere && !Files.isRegularFile(target)) {
                return new KeptCapture(named, target, null, Files.newOutputStream(target, StandardOpenOption.WRITE));
            }
            for (String capture : captures) {
                if (isThere && !capture.equals("-") && isSame(target, capture)) {
                    throw new Refusal("--write: " + named.name() + " is read too (expected: another file)");
                }
            }
            Path real = isThere ? target.toRealPath() : target.toAbsolutePath();
            Path temporary =
                    real.resolveSibling(".bpf." + ProcessHandle.current().pid() + ".part");
            OutputStream out =
                    Files.newOutputStream(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
            temporary.toFile().deleteOnExit(); // if a signal ends the process
            if (isThere) {
                copyPermissions(real, temporary);
            }
            return new KeptCapture(named, real, temporary, out);
        } catch (InvalidPathException e) {
            throw new Refusal("--write: " + named.name() + ": not a name that this system has for files");
        } catch (IOException e) {
            throw failed(named, e);
        }
    }

    /** Copies the permissions, so that nobody can read these packets who could not read the old ones. */
    private static void copyPermissions(Path from, Path to) throws IOException {
        if (Files.getFileStore(to).supportsFileAttributeView(PosixFileAttributeView.class)) {
            Files.setPosixFilePermissions(to, Files.getPosixFilePermissions(from));
        }
    }

    private static boolean isSame(Path target, String capture) throws IOException {
        Path other = Path.of(capture);
        return Files.exists(other) && Files.isSameFile(target, other);
    }

    private static Refusal failed(Source named, IOException e) {
        return new Refusal("--write: " + named.unreadable(e).getMessage());
    }

    /** Writes a packet, cut to as many bytes as its verdict says. */
    void write(CapturedPacket packet, int verdict) throws Refusal {
        try {
            writer.write(packet, verdict);
        } catch (IOException e) {
            throw failed(named, e);
        }
    }

    /** Describes an interface if no packet was written. */
    void describeIfEmpty(CaptureInterface origin) throws Refusal {
        try {
            writer.describeIfEmpty(origin);
        } catch (IOException e) {
            throw failed(named, e);
        }
    }

    /** Replaces the named file by the one that was written. */
    void finish() throws Refusal {
        try {
            writer.close();
            if (temporary != null) {
                move(temporary);
            }
        } catch (IOException e) {
            throw failed(named, e);
        }
    }

    private void move(Path from) throws IOException {
        try {
            Files.move(from, target, StandardCopyOption.ATOMIC_MOVE);
        } catch (AtomicMoveNotSupportedException e) {
            Files.move(from, target, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    /** Deletes the temporary file if it was not finished. */
    @Override
    public void close() throws Refusal {
        try {
            writer.close();
        } catch (IOException e) {
            throw failed(named, e);
        } finally {
            remove();
        }
    }

    private void remove() throws Refusal {
        try {
            if (temporary != null) {
                Files.deleteIfExists(temporary);
            }
        } catch (IOException e) {
            throw failed(named, e);
        }
    }
}
