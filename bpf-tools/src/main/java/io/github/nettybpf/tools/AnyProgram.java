package io.github.nettybpf.tools;

import io.github.nettybpf.core.AssemblyException;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.core.ProgramFormat;
import io.github.nettybpf.expression.ExpressionException;
import io.github.nettybpf.expression.FilterExpression;
import io.github.nettybpf.expression.FilterExpression.Options;
import io.github.nettybpf.expression.LinkType;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a PROGRAM argument stands for: a program, or an expression, which is compiled for the link type of the packets.
 * docs/tools.md has the rule that tells one from the other.
 */
public final class AnyProgram {
    private static final Pattern COMMENT_OR_IMMEDIATE = Pattern.compile("[#;]|/[/*]");
    private static final Pattern LINE_START = Pattern.compile(
            "^[ \\t]*(?:[A-Za-z_][A-Za-z0-9_]*[ \\t]*:[ \\t]*)?(?<word>[A-Za-z]+)(?![A-Za-z0-9_:])", Pattern.MULTILINE);

    /** Those of bpf_asm without {@code and} and {@code or}, which a line of an expression can begin with. */
    private static final Set<String> MNEMONICS = Set.of(
            "ld", "ldi", "ldh", "ldb", "ldx", "ldxi", "ldxb", "st", "stx", "jmp", "ja", "jeq", "jneq", "jne", "jlt",
            "jle", "jgt", "jge", "jset", "add", "sub", "mul", "div", "mod", "neg", "xor", "lsh", "rsh", "ret", "tax",
            "txa");

    private final String shown;
    private final String text;

    /** Null if it is an expression. */
    private final @Nullable Program program;

    /** How an expression is compiled: one that rejects all packets of a link type may be right for others. */
    private Options options = Options.DEFAULT.withRejectingAll();

    private AnyProgram(String shown, String text, @Nullable Program program) {
        this.shown = shown;
        this.text = text;
        this.program = program;
    }

    /**
     * {@return what the argument stands for} That is the contents of the file if there is one of this name, of standard
     * input if it is {@code -}, and otherwise the argument itself.
     *
     * @throws Refusal if it cannot be read, or is text in a notation but not a program; the message has the place
     */
    public static AnyProgram of(String argument, InputStream standardInput) throws Refusal {
        return of(argument, standardInput, null);
    }

    /**
     * {@return what the argument stands for in a given notation}
     *
     * @param format the notation, or null to detect it
     */
    public static AnyProgram of(String argument, InputStream standardInput, @Nullable ProgramFormat format)
            throws Refusal {
        if (!argument.equals("-") && !isFile(argument)) {
            return ofText("PROGRAM", argument, format);
        }
        Source source = new Source(argument);
        return ofText(source.name(), source.text(standardInput), format);
    }

    /** {@return an expression, which is first parsed when a program is asked for} */
    static AnyProgram ofExpression(String expression) {
        return new AnyProgram("expression", expression, null);
    }

    private static AnyProgram ofText(String shown, String text, @Nullable ProgramFormat asked) throws Refusal {
        if (asked == null && isExpression(text)) {
            return new AnyProgram(shown, text.stripTrailing(), null);
        }
        try {
            Program program = asked == null ? ProgramFormat.readAny(text) : asked.read(text);
            return new AnyProgram(shown, text, program);
        } catch (AssemblyException e) {
            throw Source.refusal(shown, text, e);
        }
    }

    /** {@return this, with the netmask for expressions if it is not null} */
    AnyProgram withNetmask(@Nullable Integer netmask) {
        options = ExpressionTarget.withNetmask(options, netmask);
        return this;
    }

    private static boolean isFile(String argument) {
        try {
            Path path = Path.of(argument);
            return !argument.isEmpty() && Files.exists(path) && !Files.isDirectory(path);
        } catch (InvalidPathException notAName) {
            return false;
        }
    }

    /** {@return whether the text is an expression: in no other notation, and without a sign of assembly} */
    public static boolean isExpression(String text) {
        if (text.isBlank()
                || ProgramFormat.detect(text) != ProgramFormat.ASM
                || COMMENT_OR_IMMEDIATE.matcher(text).find()) {
            return false;
        }
        Matcher lines = LINE_START.matcher(text);
        while (lines.find()) {
            if (MNEMONICS.contains(lines.group("word").toLowerCase(Locale.ROOT))) {
                return false;
            }
        }
        return true;
    }

    /**
     * Checks an expression before the first packet is read.
     *
     * @throws Refusal if it can be compiled for no link type; the message has the place
     */
    public void check() throws Refusal {
        if (!isExpression() || compiles(LinkType.EN10MB)) {
            return;
        }
        for (LinkType linkType : LinkType.values()) {
            if (compiles(linkType)) {
                return;
            }
        }
        program(LinkType.EN10MB);
    }

    /** {@return whether this is an expression that can be compiled for a link type} */
    public boolean compiles(LinkType linkType) {
        try {
            FilterExpression.of(text, linkType, options);
            return true;
        } catch (ExpressionException e) {
            return false;
        }
    }

    /** {@return whether the program depends on the link type} */
    public boolean isExpression() {
        return program == null;
    }

    /** {@return the text of the program or expression, as it was written} */
    public String text() {
        return text;
    }

    /**
     * {@return the program for packets of a link type}
     *
     * @throws Refusal if it is an expression that cannot be compiled; the message has the place
     */
    public Program program(LinkType linkType) throws Refusal {
        Program known = program;
        if (known != null) {
            return known;
        }
        try {
            return FilterExpression.of(text, linkType, options).program();
        } catch (ExpressionException e) {
            throw refusal(e);
        }
    }

    /** Says what the argument was taken for: it may be the name of a missing file, or assembly with a mistake. */
    private Refusal refusal(ExpressionException e) {
        String taken = shown.equals("PROGRAM") ? "no file of this name; as an expression" : "as an expression";
        String prefix = shown.equals("expression") ? "" : shown + ": " + taken + ": ";
        String message = prefix + Printable.message(String.valueOf(e.getMessage()));
        return new Refusal(text.isBlank() ? message : message + "\n" + Printable.excerpt(text, e.column()));
    }
}
