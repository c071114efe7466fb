package io.github.nettybpf.tools;

import io.github.nettybpf.core.AssemblyException;
import io.github.nettybpf.core.ProgramFormat;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import picocli.CommandLine.Parameters;

/** The {@code FILE} argument of a verb, and the contents of the file. */
public final class Source {
    /** The size limit of program text, and of a line of cases or commands. */
    public static final int MAX_BYTES = 16 << 20;

    @Parameters(
            paramLabel = "FILE",
            arity = "0..1",
            defaultValue = "-",
            description = "The file to read, or standard input if it is - or left out. At most 16 MiB of UTF-8 text.")
    private String file = "-";

    /** An argument that picocli sets. */
    public Source() {}

    /** A file that was named otherwise. The name - is standard input. */
    public Source(String file) {
        this.file = file;
    }

    /** {@return the name for messages} */
    public String name() {
        return file.equals("-") ? "standard input" : Printable.of(file);
    }

    /**
     * {@return a stream of the file, to be closed} Closing does not close standard input.
     *
     * @throws Refusal if the file cannot be read
     */
    public InputStream open(InputStream standardInput) throws Refusal {
        if (file.equals("-")) {
            return new FilterInputStream(standardInput) {
                @Override
                public void close() {}
            };
        }
        if (file.isEmpty()) {
            throw new Refusal("'': no name of a file");
        }
        try {
            Path path = Path.of(file);
            if (Files.isDirectory(path)) {
                throw new Refusal(name() + ": is a directory (expected: a file)");
            }
            return Files.newInputStream(path);
        } catch (InvalidPathException e) {
            throw new Refusal(name() + ": not a name that this system has for files");
        } catch (IOException e) {
            throw unreadable(e);
        }
    }

    /** {@return a refusal that says why reading failed} */
    public Refusal unreadable(IOException e) {
        String reason;
        if (e instanceof NoSuchFileException) {
            reason = "no such file";
        } else if (e instanceof AccessDeniedException) {
            reason = "permission denied";
        } else if (e instanceof FileSystemException failed && failed.getReason() != null) {
            reason = failed.getReason();
        } else {
            reason = String.valueOf(e.getMessage());
        }
        return new Refusal(name() + ": " + Printable.message(reason));
    }

    /**
     * {@return all of the text, without a byte order mark} A file of {@code struct sock_filter} is text in hexadecimal.
     *
     * @throws Refusal if it cannot be read, is too long, or is not UTF-8
     */
    public String text(InputStream standardInput) throws Refusal {
        byte[] bytes;
        try (InputStream in = open(standardInput)) {
            bytes = in.readNBytes(MAX_BYTES + 1);
        } catch (IOException e) {
            throw unreadable(e);
        }
        if (bytes.length > MAX_BYTES) {
            throw new Refusal(name() + ": more than 16 MiB (expected: program text of at most 16777216 bytes)");
        }
        try {
            return ProgramFormat.textOf(bytes);
        } catch (CharacterCodingException e) {
            int at = validBytes(bytes);
            throw new Refusal(
                    String.format("%s: offset %d: byte 0x%02x (expected: text in UTF-8)", name(), at, bytes[at]));
        }
    }

    /** {@return the position of the first byte that is not UTF-8} */
    private static int validBytes(byte[] bytes) {
        ByteBuffer undecoded = ByteBuffer.wrap(bytes);
        StandardCharsets.UTF_8.newDecoder().decode(undecoded, CharBuffer.allocate(bytes.length), true);
        return undecoded.position();
    }

    /** {@return a refusal that shows the place in the text} */
    public static Refusal refusal(String name, String text, AssemblyException e) {
        String message = name + ": " + Printable.message(String.valueOf(e.getMessage()));
        String line = line(text, e.line());
        return new Refusal(line.isBlank() ? message : message + "\n" + Printable.excerpt(line, e.column()), e);
    }

    private static String line(String text, int number) {
        int start = 0;
        for (int i = 1; i < number; i++) {
            start = text.indexOf('\n', start) + 1;
        }
        int end = text.indexOf('\n', start);
        String line = text.substring(start, end < 0 ? text.length() : end);
        return line.endsWith("\r") ? line.substring(0, line.length() - 1) : line;
    }
}
