package io.github.nettybpf.expression;

/** An expression that cannot be compiled. The message says where, what was found, and what was expected. */
public final class ExpressionException extends IllegalArgumentException {
    private static final long serialVersionUID = 1;

    private final int column;

    /**
     * Creates the exception.
     *
     * @param column the column of the problem, counted from 1
     * @param problem what was found, and what was expected
     */
    public ExpressionException(int column, String problem) {
        super("column " + column + ": " + problem);
        this.column = column;
    }

    /** {@return the column of the problem, counted from 1} */
    public int column() {
        return column;
    }
}
