package io.github.nettybpf.netty.drops;

import java.io.Closeable;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A file to which whole pieces are appended, and older ones beside it: {@code drops.pcapng}, {@code drops.1.pcapng} and so
 * on, the oldest with the highest number. What the name already stands for becomes the first of the older ones. For one
 * thread at a time.
 */
final class RotatingFile implements Closeable {
    private static final FileAttribute<?>[] PRIVATE = {
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
    };
    private static final FileAttribute<?>[] NO_PERMISSIONS = {};

    private final Path path;
    private final int older;

    /** Null before the first, and after one that could not be begun or repaired. */
    private @Nullable RandomAccessFile file;

    /** Tells it from another of the same name; null where the system has no such keys. */
    private @Nullable Object key;

    /** What has been appended to it completely. */
    private long length;

    /**
     * No file yet.
     *
     * @param path its name
     * @param older how many older ones are kept
     */
    RotatingFile(Path path, int older) {
        this.path = path;
        this.older = older;
    }

    /** {@return the length of the file in bytes, or 0 if there is none} */
    long length() {
        return length;
    }

    /** {@return whether the file is still there under its name, so that what is appended is not lost} */
    boolean isThere() throws IOException {
        if (file == null) {
            return false;
        }
        try {
            return Objects.equals(key, key());
        } catch (NoSuchFileException gone) {
            return false;
        }
    }

    private @Nullable Object key() throws IOException {
        return Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                .fileKey();
    }

    /**
     * Begins an empty file. The one before becomes the first of the older ones, and the oldest is deleted if there are too
     * many.
     *
     * @throws IOException if that is not possible; nothing is lost then, and it can be tried again
     */
    void begin() throws IOException {
        close();
        rotate();
        boolean isPosix = path.getFileSystem().supportedFileAttributeViews().contains("posix");
        Files.createFile(path, isPosix ? PRIVATE : NO_PERMISSIONS);
        try {
            // Unlike a channel, it is not closed when the thread is interrupted.
            file = new RandomAccessFile(path.toFile(), "rw");
            key = key();
        } catch (IOException e) {
            abandon(e);
            throw e;
        }
    }

    private void rotate() throws IOException {
        if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        if (!Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
            throw new FileSystemException(path.toString(), null, "not a regular file (expected: one, or none)");
        }
        int free = 1;
        while (free <= older && Files.exists(older(free), LinkOption.NOFOLLOW_LINKS)) {
            free++;
        }
        if (free > older) {
            Files.delete(older(older));
            free = older;
        }
        for (int number = free; number > 0; number--) {
            Files.move(older(number - 1), older(number));
        }
    }

    /** {@return the name of an older file; 0 is the file itself} */
    private Path older(int number) {
        String name = path.getFileName().toString();
        int dot = name.lastIndexOf('.');
        int end = dot > 0 ? dot : name.length();
        return number == 0 ? path : path.resolveSibling(name.substring(0, end) + '.' + number + name.substring(end));
    }

    /**
     * Appends bytes in one go.
     *
     * @throws IOException if they cannot be written; none of them are in the file then, or the file is given up
     */
    void append(byte[] bytes, int count) throws IOException {
        RandomAccessFile to = Objects.requireNonNull(file);
        try {
            to.seek(length);
            to.write(bytes, 0, count);
            length += count;
        } catch (IOException e) {
            repair(to, e);
            throw e;
        }
    }

    private void repair(RandomAccessFile damaged, IOException failure) {
        try {
            damaged.setLength(length);
        } catch (IOException e) {
            failure.addSuppressed(e);
            abandon(failure);
        }
    }

    /** Closes the file because of a failure, and deletes it if nothing is in it. */
    void abandon(IOException failure) {
        boolean isEmpty = length == 0;
        try {
            close();
            if (isEmpty) {
                Files.deleteIfExists(path);
            }
        } catch (IOException e) {
            failure.addSuppressed(e);
        }
    }

    /** Closes the file; {@link #begin} begins another. */
    @Override
    public void close() throws IOException {
        RandomAccessFile open = file;
        file = null;
        length = 0;
        if (open != null) {
            open.close();
        }
    }
}
