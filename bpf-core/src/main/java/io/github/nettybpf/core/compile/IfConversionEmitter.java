package io.github.nettybpf.core.compile;

import io.github.nettybpf.core.Instruction;
import io.github.nettybpf.core.Instruction.AluConstant;
import io.github.nettybpf.core.Instruction.LoadAbsolute;
import io.github.nettybpf.core.Instruction.LoadIndirect;
import io.github.nettybpf.core.Instruction.LoadMemShift;
import io.github.nettybpf.core.JumpCondition;
import io.github.nettybpf.core.compile.BooleanExpression.Binary;
import io.github.nettybpf.core.compile.BooleanExpression.Constant;
import io.github.nettybpf.core.compile.BooleanExpression.Holds;
import io.github.nettybpf.core.compile.BooleanExpression.Not;
import io.github.nettybpf.core.compile.IfConversion.Test;
import io.github.nettybpf.core.compile.IfConversion.Value;
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
 * Emits an if-conversion without branches. A truth value is an int that is negative for true, so that bitwise operators
 * combine truth values and a comparison takes one or two instructions.
 */
final class IfConversionEmitter {
    private final Code code;
    private final IfConversion conversion;
    private final int length;
    private final Map<Value, Integer> locals = new HashMap<>();
    private final IdentityHashMap<BooleanExpression, Integer> uses = new IdentityHashMap<>();
    private final IdentityHashMap<BooleanExpression, Integer> evaluated = new IdentityHashMap<>();

    IfConversionEmitter(Code code, IfConversion conversion, Variables variables) {
        this.code = code;
        this.conversion = conversion;
        this.length = variables.length;
        locals.put(conversion.a(), variables.of(Registers.A));
        locals.put(conversion.x(), variables.of(Registers.X));
    }

    /**
     * Pushes the value of the expression.
     *
     * @param knownLength how many bytes the packet has at least
     * @param tooShort where to jump if the packet is too short for a value
     */
    void emit(long knownLength, Label tooShort) {
        if (conversion.hasFallback() && conversion.reach() > knownLength) {
            code.load(length);
            code.constant(conversion.reach());
            code.jump(Opcodes.IF_ICMPLT, tooShort);
        }
        values(tooShort);
        BooleanExpression expression = expression();
        count(expression);
        evaluate(expression);
    }

    private void values(Label tooShort) {
        Set<Value> checked = new HashSet<>();
        for (Value value : conversion.values()) {
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
                    code.constant(reachFrom(x));
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
                UnsignedArithmetic.apply(code, alu.op(), alu.val(), a.bits());
            } else {
                throw new AssertionError(operation);
            }
            locals.put(value, keep());
        }
    }

    /** {@return how many bytes from X on the indirect loads need} */
    private int reachFrom(Value x) {
        int reach = 0;
        for (Value value : conversion.values()) {
            if (value.operation() instanceof LoadIndirect load && x.equals(value.x())) {
                reach = Math.max(reach, load.off() + load.size());
            }
        }
        return reach;
    }

    private BooleanExpression expression() {
        Map<Integer, BooleanExpression> from = new HashMap<>();
        from.put(conversion.trueTarget(), Constant.TRUE);
        from.put(conversion.falseTarget(), Constant.FALSE);
        List<Test> tests = conversion.tests();
        for (int i = tests.size() - 1; i >= 0; i--) {
            Test test = tests.get(i);
            BooleanExpression onTrue = Objects.requireNonNull(from.get(test.trueTarget()));
            BooleanExpression onFalse = Objects.requireNonNull(from.get(test.falseTarget()));
            from.put(test.pc(), BooleanExpression.select(new Holds(test), onTrue, onFalse));
        }
        return Objects.requireNonNull(from.get(tests.get(0).pc()));
    }

    private void count(BooleanExpression expression) {
        if (uses.merge(expression, 1, Integer::sum) > 1) {
            return;
        }
        if (expression instanceof Binary binary) {
            count(binary.left);
            count(binary.right);
        } else if (expression instanceof Not not) {
            count(not.operand);
        }
    }

    private void evaluate(BooleanExpression expression) {
        Integer known = evaluated.get(expression);
        if (known != null) {
            code.load(known);
            return;
        }
        if (expression instanceof Constant constant) {
            code.constant(constant == Constant.TRUE ? -1 : 0);
        } else if (expression instanceof Not not) {
            evaluate(not.operand);
            invert();
        } else if (expression instanceof Binary binary) {
            evaluate(binary.left);
            evaluate(binary.right);
            code.insn(binary.isAnd ? Opcodes.IAND : Opcodes.IOR);
        } else if (expression instanceof Holds holds) {
            holds(holds.test);
        } else {
            throw new AssertionError(expression);
        }
        if (uses.getOrDefault(expression, 0) > 1) {
            int local = keep();
            evaluated.put(expression, local);
            code.load(local);
        }
    }

    private void holds(Test test) {
        if (test.membership() instanceof RangeSwitch ranges) {
            isInRange(test.a(), ranges);
            return;
        } else if (test.membership() instanceof KeySwitch keys) {
            isKey(test.a(), keys);
            return;
        }
        boolean isSmall = test.a().bits() < Integer.SIZE;
        push(test.a());
        switch (test.condition()) {
            case JEQ -> {
                code.constant(test.operand());
                code.insn(Opcodes.IXOR);
                isZero(isSmall && test.operand() >= 0);
            }
            case JSET -> {
                code.constant(test.operand());
                code.insn(Opcodes.IAND);
                if (isSmall || test.operand() >= 0) {
                    code.insn(Opcodes.INEG);
                } else {
                    code.insn(Opcodes.DUP, Opcodes.INEG, Opcodes.IOR);
                }
            }
            case JGT, JGE -> compare(test, isSmall && test.operand() >= 0);
        }
    }

    private void isInRange(Value a, RangeSwitch ranges) {
        push(a);
        ranges.pushRangeNumber(code, code.newLocal(1), code.newLocal(2));
        code.constant(Integer.SIZE - 1);
        code.insn(Opcodes.ISHL);
    }

    private void isKey(Value a, KeySwitch membership) {
        int shifted = Objects.requireNonNull(locals.get(a));
        if (membership.shift > 0) {
            push(a);
            code.constant(membership.shift);
            code.insn(Opcodes.IUSHR);
            shifted = keep();
        }
        int key = shifted;
        PerfectHashTable table = membership.table;
        code.table(table.keys);
        table.pushSlot(code, () -> code.load(key));
        code.insn(Opcodes.IALOAD);
        code.load(key);
        code.insn(Opcodes.IXOR);
        boolean isSmall = a.bits() < Integer.SIZE || membership.shift > 0;
        isZero(isSmall && membership.keys.stream().allMatch(each -> each >= 0));
    }

    /** Pushes k - A, which is negative where A > k, or the inverse of A - k, which is negative where A >= k. */
    private void compare(Test test, boolean isSmall) {
        boolean greater = test.condition() == JumpCondition.JGT;
        if (isSmall) {
            code.constant(test.operand());
            if (greater) {
                code.insn(Opcodes.SWAP);
            }
            code.insn(Opcodes.ISUB);
        } else {
            UnsignedArithmetic.toUnsignedLong(code);
            code.constant(Integer.toUnsignedLong(test.operand()));
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
        code.load(Objects.requireNonNull(locals.get(value)));
    }

    private int keep() {
        int local = code.newLocal(1);
        code.store(local);
        return local;
    }
}
