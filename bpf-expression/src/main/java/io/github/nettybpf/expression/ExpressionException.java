package io.github.nettybpf.expression;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Thrown for an expression that cannot be compiled. The message says where, what was found, and what was expected. */
public final class ExpressionException extends IllegalArgumentException {
    private static final long serialVersionUID = 1;

    /** How much of a line is shown. */
    private static final int WIDTH = 72;

    /** The column, from 1. */
    private final int column;

    /** The message without the place that it begins with. */
    private final String problem;

    /** The place in the expression, in two lines, or null if the expression is not known. */
    private final @Nullable String pointer;

    /**
     * Creates the exception.
     *
     * @param column the column of the problem, from 1
     * @param problem what was found, and what was expected
     */
    public ExpressionException(int column, String problem) {
        super("column " + column + ": " + problem);
        this.column = column;
        this.problem = problem;
        this.pointer = null;
    }

    private ExpressionException(ExpressionException of, String expression) {
        super("column " + of.column + ": " + of.problem, of.getCause());
        this.column = of.column;
        this.problem = of.problem;
        this.pointer = pointer(expression, of.column);
        setStackTrace(of.getStackTrace());
    }

    /** {@return this problem, found in that expression} */
    ExpressionException in(String expression) {
        return new ExpressionException(this, expression);
    }

    private static String pointer(String expression, int column) {
        int at = Math.min(column - 1, expression.length());
        int start = Math.max(expression.lastIndexOf('\n', at - 1) + 1, at - WIDTH / 2);
        int lineEnd = expression.indexOf('\n', at);
        int end = Math.min(lineEnd < 0 ? expression.length() : lineEnd, start + WIDTH);
        String shown = expression.substring(start, Math.max(start, end)).replaceAll("\\p{Cntrl}", " ");
        return "  " + shown + "\n  " + " ".repeat(at - start) + "^";
    }

    /**
     * {@return the column, what was found and what was expected, in one line; and two more, the expression (the line with
     * the problem, or a part of it) and a caret below the place}
     */
    @Override
    public String getMessage() {
        String line = Objects.requireNonNull(super.getMessage());
        return pointer == null ? line : line + "\n" + pointer;
    }

    /** {@return the column of the problem, from 1} */
    public int column() {
        return column;
    }

    /** {@return what was found and what was expected, without the place that the message begins with} */
    public String problem() {
        return problem;
    }
}
