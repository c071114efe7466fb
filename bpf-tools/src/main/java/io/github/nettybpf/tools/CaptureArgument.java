package io.github.nettybpf.tools;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The {@code CAPTURE} arguments of a verb. */
public final class CaptureArgument {
    private CaptureArgument() {}

    /**
     * Checks that standard input is read at most once, and that no capture is a part of an expression.
     *
     * @throws Refusal if it would be read twice, or if PROGRAM and captures make an expression together
     */
    public static void check(ProgramOptions program, List<String> files) throws Refusal {
        long count = files.stream().filter("-"::equals).count();
        if (count + (program.isStandardInput() ? 1 : 0) > 1) {
            throw Refusal.ofUsage("standard input twice (expected: at most one -)");
        }
        List<String> arguments = new ArrayList<>(List.of(program.text()));
        arguments.addAll(files);
        Optional<String> unquoted = UnquotedExpression.of(arguments);
        if (unquoted.isPresent()) {
            throw new Refusal(
                    "PROGRAM: an expression in several arguments (expected: in one, '" + unquoted.get() + "')");
        }
    }

    /**
     * {@return the capture, to be closed}
     *
     * @param terminal where to show how much of it has been read, or null
     * @throws Refusal if it cannot be read
     */
    public static InputStream open(String file, InputStream standardInput, @Nullable PrintWriter terminal)
            throws Refusal {
        Source source = new Source(file);
        return Progress.shown(source.open(standardInput), terminal, source.name(), size(file));
    }

    private static long size(String file) {
        try {
            return file.equals("-") || !Files.isRegularFile(Path.of(file)) ? -1 : Files.size(Path.of(file));
        } catch (IOException e) {
            return -1; // only the progress bar would have asked
        }
    }
}
