package io.github.nettybpf.tools;

import io.github.nettybpf.core.AssemblyException;
import io.github.nettybpf.core.Placement;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.core.ProgramFormat;
import io.github.nettybpf.core.address.AddressSet;
import io.github.nettybpf.expression.ExpressionException;
import io.github.nettybpf.expression.FilterExpression;
import io.github.nettybpf.expression.FilterExpression.Options;
import io.github.nettybpf.expression.LinkType;
import java.io.InputStream;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a PROGRAM argument stands for: a program, or an expression, which is compiled for the link type of the packets.
 * docs/tools.md has the rule that tells one from the other.
 */
public final class AnyProgram {
    private static final Pattern COMMENT = Pattern.compile("#[^\\n]*+");

    /** The beginning of messages about the expression: what the argument was taken for. */
    private final String taken;

    private final String text;

    /** Null if it is an expression. */
    private final @Nullable Program program;

    /** How an expression is compiled: one that rejects all packets of a link type may be right for others. */
    private Options options = Options.DEFAULT.withRejectingAll();

    private AnyProgram(String taken, String text, @Nullable Program program) {
        this.taken = taken;
        this.text = text;
        this.program = program;
    }

    /**
     * {@return what the argument stands for} Its text is that of {@link ProgramText#of}.
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
        ProgramText source = ProgramText.of(argument, standardInput);
        String text = source.text();
        if (format == null && isExpression(text)) {
            return new AnyProgram(source.taken("an expression"), withoutComments(text), null);
        }
        try {
            return new AnyProgram("", text, format == null ? ProgramFormat.readAny(text) : format.read(text));
        } catch (AssemblyException e) {
            throw Source.refusal(source.name(), text, e);
        }
    }

    /** {@return this, with the netmask for expressions if it is not null} */
    AnyProgram withNetmask(@Nullable Integer netmask) {
        options = ExpressionTarget.withNetmask(options, netmask);
        return this;
    }

    /**
     * {@return this, with the sets of addresses that an expression names}
     *
     * @param sets binds some names; one with a slash that it does not bind is the path of a file
     * @throws Refusal if a file is no list of addresses or cannot be read, or the expression is malformed
     */
    public AnyProgram withSets(AddressSetOption sets) throws Refusal {
        options = sets.bind(setNames(), options);
        return this;
    }

    /** {@return this, with no address in the sets that an expression names: it is an expression whatever they have} */
    AnyProgram withEmptySets() throws Refusal {
        for (String name : setNames()) {
            options = options.withSet(name, AddressSet.EMPTY);
        }
        return this;
    }

    /**
     * {@return the names of the sets of addresses that an expression has; none for a program}
     *
     * @throws Refusal if the expression is malformed
     */
    Set<String> setNames() throws Refusal {
        if (!isExpression()) {
            return Set.of();
        }
        try {
            return FilterExpression.setNames(text);
        } catch (ExpressionException e) {
            throw refusal(e);
        }
    }

    /**
     * {@return the expression that the argument stands for, which is first parsed when a program is asked for}
     *
     * @throws Refusal if it is a file that cannot be read, or that has no expression: the empty expression, which
     *     accepts everything, is only an argument
     */
    public static AnyProgram ofExpression(String argument, InputStream standardInput) throws Refusal {
        ProgramText source = ProgramText.of(argument, standardInput);
        String text = withoutComments(source.text());
        if (text.isBlank() && !source.isArgument()) {
            throw new Refusal(source.name() + ": no expression in it (expected: one, or -e '' for all packets)");
        }
        return new AnyProgram(source.isArgument() ? "" : source.name() + ": ", text, null);
    }

    /** {@return the expression with blanks in place of comments, from a hash to the end of its line: columns stay} */
    public static String withoutComments(String text) {
        return COMMENT.matcher(text)
                .replaceAll(comment -> " ".repeat(comment.group().length()))
                .stripTrailing();
    }

    /** {@return whether the text is an expression: in no other notation, and without a sign of assembly} */
    public static boolean isExpression(String text) {
        return !ProgramFormat.isProgram(text);
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

    /**
     * {@return the program for packets of a socket}
     *
     * @throws Refusal if it is an expression that cannot be compiled; the message has the place
     */
    public Program program(Placement placement) throws Refusal {
        Program known = program;
        if (known != null) {
            return known;
        }
        try {
            return FilterExpression.of(text, placement, options).program();
        } catch (ExpressionException e) {
            throw refusal(e);
        }
    }

    /**
     * {@return the expression, compiled for what the options of a verb say}
     *
     * @throws Refusal if it cannot be compiled, with the place in the message, or a set cannot be bound
     */
    public FilterExpression expression(ExpressionTarget target, Options how) throws Refusal {
        Options all = target.sets().bind(setNames(), target.withNetmask(how));
        try {
            return target.compile(text, all);
        } catch (ExpressionException e) {
            throw refusal(e);
        }
    }

    /** Says what the argument was taken for: it may be the name of a missing file, or assembly with a mistake. */
    private Refusal refusal(ExpressionException e) {
        int lineStart = text.lastIndexOf('\n', Math.min(text.length(), e.column() - 1) - 1) + 1;
        int lineEnd = text.indexOf('\n', lineStart);
        String line = text.substring(lineStart, lineEnd < 0 ? text.length() : lineEnd);
        int column = e.column() - lineStart;
        boolean hasLines = text.indexOf('\n') >= 0;
        long number =
                text.substring(0, lineStart).chars().filter(c -> c == '\n').count() + 1;
        String place = (hasLines ? "line " + number + ", " : "") + "column " + column + ": ";
        String message = taken + Printable.message(place + e.problem());
        return new Refusal(line.isBlank() ? message : message + "\n" + Printable.excerpt(line, column));
    }
}
