package io.github.nettybpf.expression;

/** Thrown for an expression that cannot be compiled. The message says where, what was found, and what was expected. */
public final class ExpressionException extends IllegalArgumentException {
    private static final long serialVersionUID = 1;

    /** The column, from 1. */
    private final int column;

    /** The message without the place that it begins with. */
    private final String problem;

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
