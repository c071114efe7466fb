package io.github.nettybpf.tools;

import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Finds expressions that were written without quotes, so that the shell made several arguments of them. */
public final class UnquotedExpression {
    /** Longer ones are not looked for. */
    private static final int MOST_WORDS = 40;

    private UnquotedExpression() {}

    /**
     * {@return the longest expression that the first two or more arguments make, or empty if they make none} An
     * argument that is the name of a file ends it.
     */
    public static Optional<String> of(List<String> arguments) {
        int most = 0;
        while (most < Math.min(MOST_WORDS, arguments.size()) && !isFile(arguments.get(most))) {
            most++;
        }
        for (int words = most; words > 1; words--) {
            String expression = String.join(" ", arguments.subList(0, words));
            if (isExpression(expression)) {
                return Optional.of(expression);
            }
        }
        return Optional.empty();
    }

    private static boolean isExpression(String text) {
        try {
            AnyProgram.ofExpression(text, InputStream.nullInputStream())
                    .withEmptySets()
                    .check();
            return true;
        } catch (Refusal e) {
            return false;
        }
    }

    private static boolean isFile(String argument) {
        try {
            return argument.equals("-") || Files.exists(Path.of(argument));
        } catch (InvalidPathException notAName) {
            return false;
        }
    }
}
