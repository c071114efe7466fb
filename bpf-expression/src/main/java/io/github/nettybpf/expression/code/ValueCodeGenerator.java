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

/** Writes the instructions that compute values, and knows what they leave in the registers. */
final class ValueCodeGenerator {
    private final List<Instruction> code = new ArrayList<>();
    private final Deque<Runnable> tasks = new ArrayDeque<>();
    private @Nullable Value a;
    private @Nullable Value x;
    private int slots;

    ValueCodeGenerator(@Nullable Value a, @Nullable Value x) {
        this.a = a;
        this.x = x;
    }

    List<Instruction> code() {
        return code;
    }

    /** {@return what A holds}, or null if that is nothing of use. */
    @Nullable
    Value a() {
        return a;
    }

    /** {@return what X holds}, or null if that is nothing of use. */
    @Nullable
    Value x() {
        return x;
    }

    /** Adds an instruction that changes A. */
    void add(Instruction instruction) {
        code.add(instruction);
        a = null;
    }

    /** Keeps a value. */
    void keep(Value slot, Value value) {
        intoA(value);
        set(slot, new StoreScratch(Register.A, slot.k));
    }

    /** Computes a value into A. */
    void intoA(Value value) {
        later(value);
        run();
    }

    /** Computes a value into A, and another into X. */
    void both(Value left, Value right) {
        operands(left, right);
        run();
    }

    private void run() {
        while (!tasks.isEmpty()) {
            tasks.pop().run();
        }
    }

    private void later(Value value) {
        tasks.push(() -> evaluate(value));
    }

    private void evaluate(Value value) {
        if (a == value) {
            return;
        }
        switch (value.kind) {
            case CONSTANT -> set(value, new LoadConstant(Register.A, value.k));
            case KEPT -> set(value, new LoadScratch(Register.A, value.k));
            case EXTENSION -> set(value, new LoadExtension(Objects.requireNonNull(value.extension)));
            case LOAD -> load(value);
            case NEGATION -> {
                tasks.push(() -> set(value, new NegateA()));
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
        } else if (index.fitsX()) {
            intoX(index);
            set(value, new LoadIndirect(value.k, value.size));
        } else {
            tasks.push(() -> set(value, new LoadIndirect(value.k, value.size)));
            throughA(index);
        }
    }

    /** Computes a value into X by way of A. */
    private void throughA(Value value) {
        if (x == value) {
            return;
        }
        tasks.push(() -> {
            code.add(new Tax());
            x = value;
        });
        later(value);
    }

    /** Puts into X what can be put there without changing A. */
    private void intoX(Value value) {
        if (x == value) {
            return;
        }
        code.add(
                switch (value.kind) {
                    case CONSTANT -> new LoadConstant(Register.X, value.k);
                    case HEADER_LENGTH -> new LoadMemShift(value.k);
                    case KEPT -> new LoadScratch(Register.X, value.k);
                    default -> new LoadExtension(Extension.LEN, Register.X, 4);
                });
        x = value;
    }

    private void binary(Value value) {
        AluOp op = Objects.requireNonNull(value.op);
        Value right = right(value);
        if (right.isConstant()) {
            tasks.push(() -> set(value, new AluConstant(op, right.k)));
            later(left(value));
        } else {
            tasks.push(() -> set(value, new AluX(op)));
            operands(left(value), right);
        }
    }

    /** Computes one value into A and another into X; whichever comes first must not matter to the packet. */
    private void operands(Value left, Value right) {
        if (right.fitsX()) {
            tasks.push(() -> intoX(right));
            later(left);
            return;
        }
        if (left.leavesX()) {
            tasks.push(() -> evaluate(left));
            throughA(right);
            return;
        }
        tasks.push(() -> {
            slots--;
            code.add(new LoadScratch(Register.X, slots));
            x = right;
        });
        tasks.push(() -> evaluate(left));
        tasks.push(() -> {
            code.add(new StoreScratch(Register.A, slots));
            slots++;
        });
        later(right);
    }
}
