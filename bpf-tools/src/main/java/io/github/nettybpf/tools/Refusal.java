package io.github.nettybpf.tools;

/** Ends a verb with its message on standard error and exit code 1. */
public final class Refusal extends Exception {
    private static final long serialVersionUID = 1L;

    public Refusal(String message) {
        super(message);
    }

    /** A refusal whose cause a verb may show in another way. */
    Refusal(String message, Throwable cause) {
        super(message, cause);
    }
}
