package io.github.nettybpf.core.compile;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.objectweb.asm.Label;
import org.objectweb.asm.Opcodes;

/** Emits the recovered switches that are not part of an if-conversion: looks A up and jumps to its target. */
final class SwitchEmitter {
    /** From so many keys on, hashing beats lookupswitch, whose binary search the branch predictor has to guess. */
    private static final int MIN_TABLE = 8;

    private final MethodEmitter method;
    private final Code code;
    private final Plan plan;
    private final Variables variables;

    SwitchEmitter(MethodEmitter method, Code code, Plan plan, Variables variables) {
        this.method = method;
        this.code = code;
        this.plan = plan;
        this.variables = variables;
    }

    void emit(RecoveredSwitch recovered, int pc) {
        if (recovered instanceof RangeSwitch ranges) {
            findRange(ranges, pc);
        } else if (recovered instanceof KeySwitch keys) {
            if (keys.keys.size() >= MIN_TABLE) {
                lookUp(keys, pc);
            } else {
                lookupSwitch(keys);
            }
        } else {
            throw new AssertionError(recovered);
        }
    }

    private void findRange(RangeSwitch ranges, int pc) {
        variables.get(Registers.A);
        ranges.pushRangeNumber(code, variables.temporary, variables.loaded);
        if (ranges.isMembershipTest()) {
            code.insn(Opcodes.ICONST_1, Opcodes.IAND);
            code.jump(Opcodes.IFNE, method.labelFor(ranges.memberTarget()));
            method.goTo(ranges.otherTarget(), pc);
        } else {
            code.store(variables.temporary);
            int[] targets = ranges.rangeTargets;
            jumpByTable(
                    Arrays.stream(targets).boxed().toList(),
                    IntStream.range(0, targets.length).toArray());
        }
    }

    private void lookupSwitch(KeySwitch keys) {
        Map<Integer, Label> labels = new TreeMap<>();
        for (int i = 0; i < keys.keys.size(); i++) {
            labels.put(keys.keys.get(i), method.labelFor(keys.keyTargets.get(i)));
        }
        pushKey(keys);
        code.lookupSwitch(
                labels.keySet().stream().mapToInt(Integer::intValue).toArray(),
                labels.values().toArray(Label[]::new),
                method.labelFor(keys.defaultTarget));
    }

    private void lookUp(KeySwitch keys, int pc) {
        PerfectHashTable table = keys.table;
        table.pushSlot(code, () -> pushKey(keys));
        code.store(variables.temporary);
        code.table(table.keys);
        code.load(variables.temporary);
        code.insn(Opcodes.IALOAD);
        pushKey(keys);
        code.jump(Opcodes.IF_ICMPNE, method.labelFor(keys.defaultTarget));
        if (keys.isMembershipTest()) {
            method.goTo(keys.memberTarget(), pc);
        } else {
            jumpByTable(keys.keyTargets, table.indices);
        }
    }

    private void pushKey(KeySwitch keys) {
        variables.get(Registers.A);
        if (keys.shift > 0) {
            code.constant(keys.shift);
            code.insn(Opcodes.IUSHR);
        }
    }

    /** Jumps to the target whose index is in the table, in the slot that was found. */
    private void jumpByTable(List<Integer> targets, int[] indices) {
        if (targets.stream().allMatch(plan::isReturn)) {
            pushFromTable(targets.stream().map(plan::verdict).toList(), indices);
            code.insn(Opcodes.IRETURN);
        } else {
            List<Label> labels = targets.stream().map(method::labelFor).toList();
            List<Label> different = labels.stream().distinct().toList();
            pushFromTable(labels.stream().map(different::indexOf).toList(), indices);
            code.tableSwitch(different);
        }
    }

    /** Pushes the number of the target that was found; there is one number for each target. */
    private void pushFromTable(List<Integer> numbers, int[] indices) {
        code.table(Arrays.stream(indices).map(numbers::get).toArray());
        code.load(variables.temporary);
        code.insn(Opcodes.IALOAD);
    }
}
