package io.github.nettybpf.tools;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * One run of the command: its standard streams, what is known of the terminal, and the version of the build. Verbs use
 * the streams of their session and never those of {@link System}, so a test runs them on streams of its own.
 */
public final class Session {
    private static final int OUT = 1;
    private static final int ERR = 2;

    private final InputStream in;
    private final Output out;
    private final PrintWriter err;
    private final boolean isProcess;
    private final Style style;

    private Session(InputStream in, OutputStream out, OutputStream err, boolean isProcess, Style style) {
        this.in = in;
        this.out = new Output(out);
        this.err = new PrintWriter(err, true, StandardCharsets.UTF_8);
        this.isProcess = isProcess;
        this.style = style;
    }

    /** Runs on these streams in a style, as if standard output were a terminal. */
    Session(InputStream in, OutputStream out, OutputStream err, Style style) {
        this(in, out, err, false, style);
    }

    /** Runs on these streams, none of which is a terminal. None is closed. */
    public Session(InputStream in, OutputStream out, OutputStream err) {
        this(in, out, err, false, new Style(false));
    }

    /** {@return a session on the streams of this process} */
    public static Session ofProcess() {
        OutputStream out = new FileOutputStream(FileDescriptor.out);
        OutputStream err = new FileOutputStream(FileDescriptor.err);
        return new Session(System.in, out, err, true, Style.of(isTerminal(OUT), System.getenv()));
    }

    /** {@return standard input} */
    public InputStream in() {
        return in;
    }

    /** {@return standard output} */
    public Output out() {
        return out;
    }

    /** {@return standard error, for messages; flushed after each line} */
    public PrintWriter err() {
        return err;
    }

    /** {@return whether the streams are those of the process, which can be a terminal} */
    public boolean isProcess() {
        return isProcess;
    }

    /** {@return the colours of standard output} */
    public Style style() {
        return style;
    }

    /** {@return whether a stream of this process is a terminal; false on systems other than Linux} */
    private static boolean isTerminal(int descriptor) {
        try {
            String target = Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor))
                    .toString();
            return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty") || target.equals("/dev/console");
        } catch (IOException notLinux) {
            return false;
        }
    }

    /** {@return standard error if it is a terminal, which takes a progress bar, or else null} */
    public @Nullable PrintWriter progress() {
        return isProcess && isTerminal(ERR) ? err : null;
    }

    /** {@return the version of the build, for example {@code 0.1.0}} */
    public static String version() {
        try (InputStream version = Session.class.getResourceAsStream("version.txt")) {
            return version == null ? "" : new String(version.readAllBytes(), StandardCharsets.UTF_8).strip();
        } catch (IOException e) {
            throw new IllegalStateException("version.txt of the jar cannot be read", e);
        }
    }
}
