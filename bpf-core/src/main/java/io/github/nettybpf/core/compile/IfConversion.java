package io.github.nettybpf.core.compile;

import io.github.nettybpf.core.Instruction;
import io.github.nettybpf.core.JumpCondition;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * If-conversion: tests with two targets in all are evaluated together, without branches. All values that they look at
 * are loaded first, and one expression selects the target. Traffic is random, so each branch is mispredicted now and
 * then, and a misprediction costs more than to evaluate some tests in vain.
 *
 * @param a what A holds before
 * @param x what X holds before
 * @param values what is loaded and computed, in an order in which each uses only values before it
 * @param tests in the order of the program; the first is where the if-conversion starts
 * @param trueTarget where the program continues if the expression is true
 * @param falseTarget where the program continues if it is false
 * @param reach how many bytes of the packet are needed for the values that are at a fixed offset
 * @param hasFallback whether a packet that is too short for a value takes the plain code; if not, its verdict is 0
 */
record IfConversion(
        Value a,
        Value x,
        List<Value> values,
        List<Test> tests,
        int trueTarget,
        int falseTarget,
        int reach,
        boolean hasFallback) {
    /**
     * The result of an operation.
     *
     * @param operation null for what a register held before
     * @param a what A holds when the operation is executed
     * @param x what X holds
     * @param bits how many low bits may be set: 32 if nothing is known
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
     * A block that ends with a conditional jump or a membership test.
     *
     * @param pc where the block starts
     * @param a the value that is tested
     * @param condition the condition; not used for a membership test
     * @param operand what A is compared with; not used for a membership test
     * @param membership if not null, the test is whether A is in this set
     * @param trueTarget where the test leads if it holds: another test, or a target of the if-conversion
     * @param falseTarget where the test leads if it does not
     */
    record Test(
            int pc,
            Value a,
            JumpCondition condition,
            int operand,
            @Nullable RecoveredSwitch membership,
            int trueTarget,
            int falseTarget) {
        /** {@return the estimated size in bytes of the code} */
        int estimatedSize() {
            return 40 + (membership == null ? 0 : membership.estimatedSize());
        }
    }
}
