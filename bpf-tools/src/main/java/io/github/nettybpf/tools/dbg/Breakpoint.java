package io.github.nettybpf.tools.dbg;

import io.github.nettybpf.core.Program;
import io.github.nettybpf.core.SteppingMachine;
import io.github.nettybpf.tools.Printable;
import io.github.nettybpf.tools.Refusal;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * An instruction to stop at, and under what condition.
 *
 * @param pc the number of the instruction
 * @param condition what must hold, or null to stop always
 */
record Breakpoint(int pc, @Nullable Comparison condition) {

    /** {@return whether to stop before the next instruction of the machine} */
    boolean stops(SteppingMachine machine) {
        return machine.pc() == pc && (condition == null || condition.holds(machine));
    }

    /** {@return the breakpoint as it is listed} */
    @Override
    public String toString() {
        return condition == null ? Integer.toString(pc) : pc + " (if " + condition + ")";
    }

    /**
     * An unsigned comparison.
     *
     * @param operand A, X, M[n] or len
     * @param slot the scratch slot, if the operand is M[n]
     * @param relation how they are compared
     * @param value what the operand is compared with
     */
    record Comparison(String operand, int slot, Relation relation, int value) {
        private static final Pattern SYNTAX =
                Pattern.compile("(A|X|M\\[(\\d{1,4})]|len)\\s*(==|!=|<=|>=|<|>|&)\\s*(\\S+)", Pattern.CASE_INSENSITIVE);

        /**
         * {@return the comparison that a text stands for}
         *
         * @throws Refusal if it is not a comparison
         */
        static Comparison parse(String text) throws Refusal {
            Matcher matcher = SYNTAX.matcher(text);
            if (!matcher.matches()) {
                throw new Refusal("condition '" + Printable.message(text)
                        + "' (expected: A, X, M[n] or len, then ==, !=, <, <=, >, >= or &, then a number)");
            }
            int slot = matcher.group(2) == null ? 0 : Integer.parseInt(matcher.group(2));
            if (slot >= Program.SCRATCH_SLOTS) {
                throw new Refusal("scratch slot " + slot + " (expected: 0..15)");
            }
            String operand = matcher.group(1);
            String shown = operand.length() == 3
                    ? "len"
                    : operand.replace('a', 'A').replace('x', 'X').replace('m', 'M');
            return new Comparison(
                    shown, slot, Relation.of(matcher.group(3)), (int) CommandWords.number(matcher.group(4)));
        }

        boolean holds(SteppingMachine machine) {
            int left =
                    switch (operand.charAt(0)) {
                        case 'A' -> machine.a();
                        case 'X' -> machine.x();
                        case 'M' -> machine.m(slot);
                        default -> machine.packet().wireLength();
                    };
            return relation.holds(left, value);
        }

        @Override
        public String toString() {
            return operand + " " + relation.text + " 0x" + Integer.toHexString(value);
        }
    }

    /** An unsigned comparison. */
    enum Relation {
        EQUAL("=="),
        NOT_EQUAL("!="),
        LESS("<"),
        LESS_OR_EQUAL("<="),
        GREATER(">"),
        GREATER_OR_EQUAL(">="),
        /** Whether the operands have a bit in common, like {@code jset}. */
        COMMON_BIT("&");

        private final String text;

        Relation(String text) {
            this.text = text;
        }

        static Relation of(String text) {
            for (Relation relation : values()) {
                if (relation.text.equals(text)) {
                    return relation;
                }
            }
            throw new IllegalArgumentException(text);
        }

        boolean holds(int left, int right) {
            int order = Integer.compareUnsigned(left, right);
            return switch (this) {
                case EQUAL -> order == 0;
                case NOT_EQUAL -> order != 0;
                case LESS -> order < 0;
                case LESS_OR_EQUAL -> order <= 0;
                case GREATER -> order > 0;
                case GREATER_OR_EQUAL -> order >= 0;
                case COMMON_BIT -> (left & right) != 0;
            };
        }
    }
}
