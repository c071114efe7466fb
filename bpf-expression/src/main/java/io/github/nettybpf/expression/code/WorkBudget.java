package io.github.nettybpf.expression.code;

/**
 * Counts the work of a compilation, and says when it has been enough: the time for a senseless expression would grow
 * with the square of its length, or exponentially. Counting, unlike a clock, gives the same program everywhere.
 */
public final class WorkBudget {
    /** The work of making one node of a decision graph, in units of this count. */
    static final int NODE = 20;

    private final long limit;
    private long spent;

    /**
     * Creates a budget.
     *
     * @param limit after how much work it is spent
     */
    public WorkBudget(long limit) {
        this.limit = limit;
    }

    /** {@return how much work was done} */
    public long spent() {
        return spent;
    }

    /** {@return whether there was more work than the limit} */
    boolean isSpent() {
        return spent > limit;
    }

    /** {@return a budget of one part of what is left} */
    WorkBudget part(int parts) {
        return new WorkBudget(Math.max(0, limit - spent) / parts);
    }

    /** {@return whether more than half of it is spent} */
    boolean isHalfSpent() {
        return spent > limit / 2;
    }

    /** Counts work. */
    void spend(long work) {
        spent += work;
    }
}
