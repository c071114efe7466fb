package io.github.nettybpf.core.address;

/** Thrown if a text is not a list of addresses, prefixes and ranges. */
public final class AddressSetException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    /** The line, from 1. */
    private final int line;

    /** The message without the line. */
    private final String problem;

    /**
     * Makes the message of place and problem.
     *
     * @param line the line of the text, from 1
     * @param problem what was written and what was expected
     */
    public AddressSetException(int line, String problem) {
        super("line " + line + ": " + problem);
        this.line = line;
        this.problem = problem;
    }

    /** {@return the line of the text, from 1} */
    public int line() {
        return line;
    }

    /** {@return the message without the line: what was written and what was expected} */
    public String problem() {
        return problem;
    }
}
