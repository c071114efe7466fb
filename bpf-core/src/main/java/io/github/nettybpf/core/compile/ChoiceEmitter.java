package io.github.nettybpf.core.compile;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.objectweb.asm.Label;
import org.objectweb.asm.Opcodes;

/** Writes the choices that are no part of a decision: looks A up, and goes where it leads. */
final class ChoiceEmitter {
    /** From here on hashing beats the switch, whose binary search the branch predictor has to guess. */
    private static final int SHORTEST_TABLE = 8;

    private final MethodEmitter method;
    private final Code code;
    private final Plan plan;
    private final Variables variables;

    ChoiceEmitter(MethodEmitter method, Code code, Plan plan, Variables variables) {
        this.method = method;
        this.code = code;
        this.plan = plan;
        this.variables = variables;
    }

    void emit(Choice choice, int pc) {
        if (choice instanceof RangeChoice ranges) {
            find(ranges, pc);
        } else if (choice instanceof KeyChoice keys) {
            if (keys.keys.size() >= SHORTEST_TABLE) {
                lookInTable(keys, pc);
            } else {
                select(keys);
            }
        } else {
            throw new AssertionError(choice);
        }
    }

    private void find(RangeChoice ranges, int pc) {
        variables.get(Registers.A);
        ranges.find(code, variables.temporary, variables.loaded);
        if (ranges.isSet()) {
            code.insn(Opcodes.ICONST_1, Opcodes.IAND);
            code.jump(Opcodes.IFNE, method.way(ranges.yes()));
            method.goTo(ranges.no(), pc);
        } else {
            code.store(variables.temporary);
            int[] ways = ranges.ways;
            lead(
                    Arrays.stream(ways).boxed().toList(),
                    IntStream.range(0, ways.length).toArray());
        }
    }

    private void select(KeyChoice choice) {
        Map<Integer, Label> ways = new TreeMap<>();
        for (int i = 0; i < choice.keys.size(); i++) {
            ways.put(choice.keys.get(i), method.way(choice.targets.get(i)));
        }
        pushKey(choice);
        code.lookupSwitch(
                ways.keySet().stream().mapToInt(Integer::intValue).toArray(),
                ways.values().toArray(Label[]::new),
                method.way(choice.otherwise));
    }

    private void lookInTable(KeyChoice choice, int pc) {
        KeyTable table = choice.table();
        table.pushSlot(code, () -> pushKey(choice));
        code.store(variables.temporary);
        code.table(table.keys);
        code.load(variables.temporary);
        code.insn(Opcodes.IALOAD);
        pushKey(choice);
        code.jump(Opcodes.IF_ICMPNE, method.way(choice.otherwise));
        if (choice.isSet()) {
            method.goTo(choice.yes(), pc);
        } else {
            lead(choice.targets, table.indices);
        }
    }

    private void pushKey(KeyChoice choice) {
        variables.get(Registers.A);
        if (choice.shift > 0) {
            code.constant(choice.shift);
            code.insn(Opcodes.IUSHR);
        }
    }

    /** Goes to the place whose index is at the slot that was found. */
    private void lead(List<Integer> targets, int[] indices) {
        if (targets.stream().allMatch(plan::isReturn)) {
            found(targets.stream().map(plan::verdict).toList(), indices);
            code.insn(Opcodes.IRETURN);
        } else {
            List<Label> ways = targets.stream().map(method::way).toList();
            List<Label> different = ways.stream().distinct().toList();
            found(ways.stream().map(different::indexOf).toList(), indices);
            code.tableSwitch(different);
        }
    }

    /** Pushes what stands for the place that was found, of one number for each target. */
    private void found(List<Integer> numbers, int[] indices) {
        code.table(Arrays.stream(indices).map(numbers::get).toArray());
        code.load(variables.temporary);
        code.insn(Opcodes.IALOAD);
    }
}
