package io.github.nettybpf.tools.run;

import io.github.nettybpf.tools.Output;
import io.github.nettybpf.tools.Refusal;
import io.github.nettybpf.tools.Source;
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
 * The capture that {@code --write} makes. A file is written beside the one that was named, and takes its place when all is
 * in it; until then, and if anything fails, what was there stays. A device or a pipe is written as it is.
 */
final class KeptCapture implements AutoCloseable {
    private final Source named;
    private final Path target;

    /** Null if the target itself is written. */
    private final @Nullable Path beside;

    private final PcapngWriter writer;

    private KeptCapture(Source named, Path target, @Nullable Path beside, OutputStream out) {
        this.named = named;
        this.target = target;
        this.beside = beside;
        this.writer = new PcapngWriter(out);
    }

    /**
     * {@return the capture}, to be {@linkplain #finish finished} and closed.
     *
     * @param captures the files that are read, of which it must not be one
     * @param standardOutput what - stands for
     * @throws Refusal if it is one, or cannot be written
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
            Path beside = real.resolveSibling(".bpf." + ProcessHandle.current().pid() + ".part");
            OutputStream out = Files.newOutputStream(beside, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
            beside.toFile().deleteOnExit(); // where the process is ended from outside
            if (isThere) {
                allowAsBefore(real, beside);
            }
            return new KeptCapture(named, real, beside, out);
        } catch (InvalidPathException e) {
            throw new Refusal("--write: " + named.name() + ": not a name that this system has for files");
        } catch (IOException e) {
            throw failed(named, e);
        }
    }

    /** Whoever could not read the packets that were there cannot read these. */
    private static void allowAsBefore(Path before, Path now) throws IOException {
        if (Files.getFileStore(now).supportsFileAttributeView(PosixFileAttributeView.class)) {
            Files.setPosixFilePermissions(now, Files.getPosixFilePermissions(before));
        }
    }

    private static boolean isSame(Path target, String capture) throws IOException {
        Path other = Path.of(capture);
        return Files.exists(other) && Files.isSameFile(target, other);
    }

    private static Refusal failed(Source named, IOException e) {
        return new Refusal("--write: " + named.unreadable(e).getMessage());
    }

    /** Keeps so many bytes of a packet, unsigned. */
    void write(CapturedPacket packet, int verdict) throws Refusal {
        try {
            writer.write(packet, verdict);
        } catch (IOException e) {
            throw failed(named, e);
        }
    }

    /** Puts the file into its place. */
    void finish() throws Refusal {
        try {
            writer.close();
            if (beside != null) {
                move(beside);
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

    /** Removes what was not finished. */
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
            if (beside != null) {
                Files.deleteIfExists(beside);
            }
        } catch (IOException e) {
            throw failed(named, e);
        }
    }
}
