package io.github.nettybpf.tools;

import io.github.nettybpf.core.AssemblyException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.function.Function;

/**
 * The text that an argument of any verb stands for: the contents of the file if there is one of this name, of standard
 * input if it is {@code -}, and otherwise the argument itself.
 *
 * @param name what messages call it: the file, standard input, or PROGRAM
 * @param text the text, without a byte order mark
 */
public record ProgramText(String name, String text) {
    private static final String ARGUMENT = "PROGRAM";

    /**
     * {@return the text that the argument stands for}
     *
     * @throws Refusal if a file cannot be read
     */
    public static ProgramText of(String argument, InputStream standardInput) throws Refusal {
        if (!argument.equals("-") && !isFile(argument)) {
            return new ProgramText(ARGUMENT, argument.startsWith("\ufeff") ? argument.substring(1) : argument);
        }
        Source source = new Source(argument);
        return new ProgramText(source.name(), source.text(standardInput));
    }

    static boolean isFile(String argument) {
        try {
            Path path = Path.of(argument);
            return !argument.isEmpty() && Files.exists(path) && !Files.isDirectory(path);
        } catch (InvalidPathException notAName) {
            return false;
        }
    }

    /** {@return whether it is the argument itself, which may also be the misspelt name of a file} */
    public boolean isArgument() {
        return name.equals(ARGUMENT);
    }

    /**
     * {@return what the reader returns for the text}
     *
     * @param as what the text is taken for, for the message
     * @throws Refusal if the reader throws {@link AssemblyException}; the message has the place
     */
    public <T> T program(String as, Function<String, T> reader) throws Refusal {
        try {
            return reader.apply(text);
        } catch (AssemblyException e) {
            throw Source.refusal(isName() ? name + ": no file of this name; as " + as : name, text, e);
        }
    }

    /** {@return whether it is an argument that is one word, as the names of most files are} */
    private boolean isName() {
        return isArgument() && text.matches("\\S*+");
    }

    /** {@return the beginning of a message about text that was taken for what {@code as} says} */
    String taken(String as) {
        return name + ": " + (isName() ? "no file of this name; " : "") + "as " + as + ": ";
    }
}
