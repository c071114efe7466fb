package io.github.nettybpf.expression.code;

import io.github.nettybpf.core.AluOp;
import io.github.nettybpf.core.Extension;
import io.github.nettybpf.core.Instruction;
import io.github.nettybpf.core.Instruction.AluConstant;
import io.github.nettybpf.core.Instruction.AluX;
import io.github.nettybpf.core.Instruction.LoadAbsolute;
import io.github.nettybpf.core.Instruction.LoadConstant;
import io.github.nettybpf.core.Instruction.LoadExtension;
import io.github.nettybpf.core.Instruction.LoadIndirect;
import io.github.nettybpf.core.Instruction.LoadMemShift;
import io.github.nettybpf.core.Instruction.LoadScratch;
import io.github.nettybpf.core.Instruction.NegateA;
import io.github.nettybpf.core.Instruction.StoreScratch;
import io.github.nettybpf.core.Instruction.Tax;
import io.github.nettybpf.core.Instruction.Txa;
import io.github.nettybpf.core.Register;
import io.github.nettybpf.expression.lower.Value;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Generates the instructions that compute values, and knows what they leave in A and X. Operands that need both
 * registers go through scratch slots, in the order that takes the fewest (Sethi-Ullman). Steps are on an explicit
 * stack, so that depth has no limit.
 */
final class ValueCodeGenerator {
    private final List<Instruction> code = new ArrayList<>();
    private final Deque<Runnable> steps = new ArrayDeque<>();
    private @Nullable Value a;
    private @Nullable Value x;

    /** How many scratch slots hold temporaries. */
    private int temporaries;

    ValueCodeGenerator(@Nullable Value a, @Nullable Value x) {
        this.a = a;
        this.x = x;
    }

    /** {@return the instructions so far} */
    List<Instruction> code() {
        return code;
    }

    /** {@return the value in A, or null if it is none of the table} */
    @Nullable
    Value a() {
        return a;
    }

    /** {@return the value in X, or null if it is none of the table} */
    @Nullable
    Value x() {
        return x;
    }

    /** Adds an instruction after which A holds no value of the table. */
    void add(Instruction instruction) {
        code.add(instruction);
        a = null;
    }

    /** Computes a value and stores it in a scratch slot. */
    void store(Value slot, Value value) {
        compute(value);
        set(slot, new StoreScratch(Register.A, slot.k));
    }

    /** Computes a value into A; of a relation, the operands into A and X. */
    void compute(Value value) {
        later(value);
        run();
    }

    private void run() {
        while (!steps.isEmpty()) {
            steps.pop().run();
        }
    }

    private void later(Value value) {
        steps.push(() -> evaluate(value));
    }

    private void evaluate(Value value) {
        if (a == value) {
            return;
        }
        switch (value.kind) {
            case CONSTANT -> set(value, new LoadConstant(Register.A, value.k));
            case SCRATCH -> set(value, new LoadScratch(Register.A, value.k));
            case EXTENSION -> set(value, new LoadExtension(Objects.requireNonNull(value.extension)));
            case LOAD -> load(value);
            case NEGATION -> {
                steps.push(() -> set(value, new NegateA()));
                later(left(value));
            }
            case BINARY -> binary(value);
            case HEADER_LENGTH -> {
                intoX(value);
                set(value, new Txa());
            }
            case EQUAL, GREATER, GREATER_OR_EQUAL -> operands(left(value), right(value));
        }
    }

    private static Value left(Value value) {
        return Objects.requireNonNull(value.left);
    }

    private static Value right(Value value) {
        return Objects.requireNonNull(value.right);
    }

    private void set(Value value, Instruction instruction) {
        code.add(instruction);
        a = value;
    }

    private void load(Value value) {
        Value index = value.left;
        if (index == null) {
            set(value, new LoadAbsolute(value.k, value.size));
        } else if (index.loadsIntoX()) {
            intoX(index);
            set(value, new LoadIndirect(value.k, value.size));
        } else {
            steps.push(() -> set(value, new LoadIndirect(value.k, value.size)));
            throughA(index);
        }
    }

    /** Computes a value into A, and moves it to X. */
    private void throughA(Value value) {
        if (x == value) {
            return;
        }
        steps.push(() -> {
            code.add(new Tax());
            x = value;
        });
        later(value);
    }

    /** Loads into X a value for which {@link Value#loadsIntoX} holds; A is kept. */
    private void intoX(Value value) {
        if (x == value) {
            return;
        }
        code.add(
                switch (value.kind) {
                    case CONSTANT -> new LoadConstant(Register.X, value.k);
                    case HEADER_LENGTH -> new LoadMemShift(value.k);
                    case SCRATCH -> new LoadScratch(Register.X, value.k);
                    case EXTENSION -> new LoadExtension(Extension.LEN, Register.X, 4);
                    case LOAD, BINARY, NEGATION, EQUAL, GREATER, GREATER_OR_EQUAL ->
                        throw new IllegalArgumentException(value.kind + " into X");
                });
        x = value;
    }

    private void binary(Value value) {
        AluOp op = Objects.requireNonNull(value.op);
        Value right = right(value);
        if (right.isConstant()) {
            steps.push(() -> set(value, new AluConstant(op, right.k)));
            later(left(value));
        } else {
            steps.push(() -> set(value, new AluX(op)));
            operands(left(value), right);
        }
    }

    /** Computes one value into A and another into X, in any order: both have to be defined. */
    private void operands(Value left, Value right) {
        if (right.loadsIntoX()) {
            steps.push(() -> intoX(right));
            later(left);
            return;
        }
        if (left.preservesX()) {
            steps.push(() -> evaluate(left));
            throughA(right);
            return;
        }
        steps.push(() -> {
            temporaries--;
            code.add(new LoadScratch(Register.X, temporaries));
            x = right;
        });
        steps.push(() -> evaluate(left));
        steps.push(() -> {
            code.add(new StoreScratch(Register.A, temporaries));
            temporaries++;
        });
        later(right);
    }
}
