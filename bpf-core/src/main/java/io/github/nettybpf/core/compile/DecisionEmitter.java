package io.github.nettybpf.core.compile;

import io.github.nettybpf.core.Instruction;
import io.github.nettybpf.core.Instruction.AluConstant;
import io.github.nettybpf.core.Instruction.LoadAbsolute;
import io.github.nettybpf.core.Instruction.LoadIndirect;
import io.github.nettybpf.core.Instruction.LoadMemShift;
import io.github.nettybpf.core.JumpCondition;
import io.github.nettybpf.core.compile.Condition.Constant;
import io.github.nettybpf.core.compile.Condition.Holds;
import io.github.nettybpf.core.compile.Condition.Not;
import io.github.nettybpf.core.compile.Condition.Two;
import io.github.nettybpf.core.compile.Decision.Test;
import io.github.nettybpf.core.compile.Decision.Value;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.objectweb.asm.Label;
import org.objectweb.asm.Opcodes;

/**
 * Writes a decision without a branch. A truth value is an int whose sign says it: negative is true. So the bitwise
 * operators combine truth values, and a comparison is one or two instructions.
 */
final class DecisionEmitter {
    private final Code code;
    private final Decision decision;
    private final int length;
    private final Map<Value, Integer> places = new HashMap<>();
    private final IdentityHashMap<Condition, Integer> uses = new IdentityHashMap<>();
    private final IdentityHashMap<Condition, Integer> evaluated = new IdentityHashMap<>();

    DecisionEmitter(Code code, Decision decision, Variables variables) {
        this.code = code;
        this.decision = decision;
        this.length = variables.length;
        places.put(decision.a(), variables.of(Registers.A));
        places.put(decision.x(), variables.of(Registers.X));
    }

    /**
     * Pushes whether the decision holds.
     *
     * @param known how many bytes are known to be there
     * @param tooShort where to go if the packet has not all that the decision looks at
     */
    void emit(long known, Label tooShort) {
        if (decision.cutShort() && decision.reach() > known) {
            code.load(length);
            code.constant(decision.reach());
            code.jump(Opcodes.IF_ICMPLT, tooShort);
        }
        values(tooShort);
        Condition condition = condition();
        count(condition);
        evaluate(condition);
    }

    private void values(Label tooShort) {
        Set<Value> checked = new HashSet<>();
        for (Value value : decision.values()) {
            Instruction operation = value.operation();
            if (operation instanceof LoadAbsolute load) {
                code.packet();
                code.constant(load.off());
                code.read(load.size());
            } else if (operation instanceof LoadMemShift load) {
                code.packet();
                code.constant(load.off());
                code.read(1);
                code.constant(15);
                code.insn(Opcodes.IAND, Opcodes.ICONST_2, Opcodes.ISHL);
            } else if (operation instanceof LoadIndirect load) {
                Value x = Objects.requireNonNull(value.x());
                if (checked.add(x)) {
                    push(x);
                    code.constant(reachBehind(x));
                    code.insn(Opcodes.IADD);
                    code.load(length);
                    code.jump(Opcodes.IF_ICMPGT, tooShort);
                }
                code.packet();
                push(x);
                code.constant(load.off());
                code.insn(Opcodes.IADD);
                code.read(load.size());
            } else if (operation instanceof AluConstant alu) {
                Value a = Objects.requireNonNull(value.a());
                push(a);
                Arithmetic.apply(code, alu.op(), alu.val(), a.bits());
            } else {
                throw new AssertionError(operation);
            }
            places.put(value, keep());
        }
    }

    private int reachBehind(Value x) {
        int reach = 0;
        for (Value value : decision.values()) {
            if (value.operation() instanceof LoadIndirect load && x.equals(value.x())) {
                reach = Math.max(reach, load.off() + load.size());
            }
        }
        return reach;
    }

    /** {@return the decision as one expression} */
    private Condition condition() {
        Map<Integer, Condition> behind = new HashMap<>();
        behind.put(decision.yes(), Constant.TRUE);
        behind.put(decision.no(), Constant.FALSE);
        List<Test> tests = decision.tests();
        for (int i = tests.size() - 1; i >= 0; i--) {
            Test test = tests.get(i);
            Condition yes = Objects.requireNonNull(behind.get(test.yes()));
            Condition no = Objects.requireNonNull(behind.get(test.no()));
            behind.put(test.pc(), Condition.choice(new Holds(test), yes, no));
        }
        return Objects.requireNonNull(behind.get(tests.get(0).pc()));
    }

    private void count(Condition condition) {
        if (uses.merge(condition, 1, Integer::sum) > 1) {
            return;
        }
        if (condition instanceof Two two) {
            count(two.one);
            count(two.other);
        } else if (condition instanceof Not not) {
            count(not.condition);
        }
    }

    private void evaluate(Condition condition) {
        Integer known = evaluated.get(condition);
        if (known != null) {
            code.load(known);
            return;
        }
        if (condition instanceof Constant constant) {
            code.constant(constant == Constant.TRUE ? -1 : 0);
        } else if (condition instanceof Not not) {
            evaluate(not.condition);
            invert();
        } else if (condition instanceof Two two) {
            evaluate(two.one);
            evaluate(two.other);
            code.insn(two.both ? Opcodes.IAND : Opcodes.IOR);
        } else if (condition instanceof Holds holds) {
            holds(holds.test);
        } else {
            throw new AssertionError(condition);
        }
        if (uses.getOrDefault(condition, 0) > 1) {
            int local = keep();
            evaluated.put(condition, local);
            code.load(local);
        }
    }

    private void holds(Test test) {
        if (test.choice() instanceof RangeChoice ranges) {
            isInRange(test.a(), ranges);
            return;
        } else if (test.choice() instanceof KeyChoice keys) {
            isKey(test.a(), keys);
            return;
        }
        boolean small = test.a().bits() < Integer.SIZE;
        push(test.a());
        switch (test.test()) {
            case JEQ -> {
                code.constant(test.value());
                code.insn(Opcodes.IXOR);
                isZero(small && test.value() >= 0);
            }
            case JSET -> {
                code.constant(test.value());
                code.insn(Opcodes.IAND);
                if (small || test.value() >= 0) {
                    code.insn(Opcodes.INEG);
                } else {
                    code.insn(Opcodes.DUP, Opcodes.INEG, Opcodes.IOR);
                }
            }
            case JGT, JGE -> compare(test, small && test.value() >= 0);
        }
    }

    private void isInRange(Value a, RangeChoice ranges) {
        push(a);
        ranges.find(code, code.newLocal(1), code.newLocal(2));
        code.constant(Integer.SIZE - 1);
        code.insn(Opcodes.ISHL);
    }

    private void isKey(Value a, KeyChoice choice) {
        int shifted = Objects.requireNonNull(places.get(a));
        if (choice.shift > 0) {
            push(a);
            code.constant(choice.shift);
            code.insn(Opcodes.IUSHR);
            shifted = keep();
        }
        int key = shifted;
        KeyTable table = choice.table();
        code.table(table.keys);
        table.pushSlot(code, () -> code.load(key));
        code.insn(Opcodes.IALOAD);
        code.load(key);
        code.insn(Opcodes.IXOR);
        boolean small = a.bits() < Integer.SIZE || choice.shift > 0;
        isZero(small && choice.keys.stream().allMatch(each -> each >= 0));
    }

    /** A > k where k - A is negative, and A >= k where A - k is not. */
    private void compare(Test test, boolean fits) {
        boolean greater = test.test() == JumpCondition.JGT;
        if (fits) {
            code.constant(test.value());
            if (greater) {
                code.insn(Opcodes.SWAP);
            }
            code.insn(Opcodes.ISUB);
        } else {
            Arithmetic.toUnsignedLong(code);
            code.constant(Integer.toUnsignedLong(test.value()));
            code.insn(Opcodes.LSUB);
            if (greater) {
                code.insn(Opcodes.LNEG);
            }
            code.constant(Integer.SIZE);
            code.insn(Opcodes.LSHR, Opcodes.L2I);
        }
        if (!greater) {
            invert();
        }
    }

    private void isZero(boolean isNotNegative) {
        if (isNotNegative) {
            code.insn(Opcodes.ICONST_1, Opcodes.ISUB);
        } else {
            // (x - 1) & ~x
            code.insn(Opcodes.DUP, Opcodes.ICONST_1, Opcodes.ISUB, Opcodes.SWAP);
            invert();
            code.insn(Opcodes.IAND);
        }
    }

    private void invert() {
        code.insn(Opcodes.ICONST_M1, Opcodes.IXOR);
    }

    private void push(Value value) {
        code.load(Objects.requireNonNull(places.get(value)));
    }

    private int keep() {
        int local = code.newLocal(1);
        code.store(local);
        return local;
    }
}
