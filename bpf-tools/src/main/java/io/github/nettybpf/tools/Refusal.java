package io.github.nettybpf.tools;

/** Ends a verb with its message on standard error and exit code 1, or 2 if it is a usage error. */
public final class Refusal extends Exception {
    private static final long serialVersionUID = 1L;

    private final boolean isUsageError;

    public Refusal(String message) {
        this(message, false);
    }

    private Refusal(String message, boolean isUsageError) {
        super(message);
        this.isUsageError = isUsageError;
    }

    /** A refusal whose cause a verb may show in another way. */
    Refusal(String message, Throwable cause) {
        super(message, cause);
        this.isUsageError = false;
    }

    /** {@return a refusal of arguments that make no sense together, whatever they stand for} */
    public static Refusal ofUsage(String message) {
        return new Refusal(message, true);
    }

    /** {@return whether it is a usage error, which parsing the arguments alone does not find} */
    public boolean isUsageError() {
        return isUsageError;
    }
}
