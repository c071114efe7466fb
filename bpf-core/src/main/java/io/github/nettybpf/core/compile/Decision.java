package io.github.nettybpf.core.compile;

import io.github.nettybpf.core.Instruction;
import io.github.nettybpf.core.JumpCondition;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Tests that are decided together: all that they look at is loaded, and one expression says which of two ways to go.
 * Traffic is random, so each branch is mispredicted now and then, and that costs more than to evaluate some tests in vain.
 *
 * @param a what is in A at the beginning
 * @param x what is in X at the beginning
 * @param values what is loaded and computed, in an order in which each uses only those before it
 * @param tests in the order of the program; the first is where the decision begins
 * @param yes where it leads if it holds
 * @param no where it leads if not
 * @param reach how many bytes of the packet the values need that lie at a fixed offset
 * @param cutShort whether a packet too short for a value is decided by the instructions one by one; if not, its verdict
 *     is 0
 */
record Decision(Value a, Value x, List<Value> values, List<Test> tests, int yes, int no, int reach, boolean cutShort) {
    /**
     * The result of an operation.
     *
     * @param operation null for what was there before
     * @param a what is in A when it is executed
     * @param x what is in X
     * @param bits how many bits it may have: 32 for any value
     */
    record Value(
            @Nullable Instruction operation,
            @Nullable Value a,
            @Nullable Value x,
            int bits) {
        // Two loads of the same bytes are two values.
        @Override
        public boolean equals(@Nullable Object other) {
            return this == other;
        }

        @Override
        public int hashCode() {
            return System.identityHashCode(this);
        }
    }

    /**
     * A conditional jump.
     *
     * @param pc where its block begins
     * @param a what it looks at
     * @param test how
     * @param value what A is compared with
     * @param choice if not null, whether A is in this set is the test, and the value is void
     * @param yes where it leads if it holds: to a test, or to one of the decision's two ways
     * @param no where it leads if not
     */
    record Test(
            int pc,
            Value a,
            JumpCondition test,
            int value,
            @Nullable Choice choice,
            int yes,
            int no) {
        /** {@return about how long the code gets} */
        int weight() {
            return 40 + (choice == null ? 0 : choice.weight());
        }
    }
}
