package io.github.nettybpf.core;

/**
 * Thrown if a text cannot be read as a program. If the text is well-formed and the program breaks a rule of the kernel,
 * the cause is a {@link VerificationException}.
 */
public final class AssemblyException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    /** The line, from 1. */
    private final int line;

    /** The column, from 1. */
    private final int column;

    /** The message without the line and column. */
    private final String problem;

    /**
     * Makes the message of place and problem.
     *
     * @param line the line of the text, from 1
     * @param column the column in that line, from 1
     * @param problem what is wrong and what was expected
     */
    public AssemblyException(int line, int column, String problem) {
        super("line " + line + ", column " + column + ": " + problem);
        this.line = line;
        this.column = column;
        this.problem = problem;
    }

    /** {@return the line of the text, from 1} */
    public int line() {
        return line;
    }

    /** {@return the column in that line, from 1} A tab counts as one column. */
    public int column() {
        return column;
    }

    /** {@return the message without the line and column: what is wrong and what was expected} */
    public String problem() {
        return problem;
    }
}
