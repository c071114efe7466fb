package io.github.nettybpf.core.compile;

import io.github.nettybpf.core.AluOp;
import io.github.nettybpf.core.Instruction;
import io.github.nettybpf.core.Instruction.AluConstant;
import io.github.nettybpf.core.Instruction.JumpIf;
import io.github.nettybpf.core.Instruction.LoadAbsolute;
import io.github.nettybpf.core.Instruction.LoadIndirect;
import io.github.nettybpf.core.Instruction.LoadMemShift;
import io.github.nettybpf.core.Instruction.Tax;
import io.github.nettybpf.core.Instruction.Txa;
import io.github.nettybpf.core.JumpCondition;
import io.github.nettybpf.core.compile.IfConversion.Test;
import io.github.nettybpf.core.compile.IfConversion.Value;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Finds the largest {@link IfConversion} that starts at an instruction: adds block after block, and remembers the state
 * whenever only two targets are left.
 */
final class IfConversionFinder {
    /** With more loads or tests in vain, a mispredicted branch would be cheaper. */
    private static final int MAX_LOADS = 7;

    private static final int MAX_TESTS = 16;

    /** Loads and arithmetic: an if-conversion must fit into a method. */
    private static final int MAX_VALUES = 24;

    private static final int MAX_BLOCK = 32;

    private final ControlFlow flow;
    private final int head;
    private final List<Value> values = new ArrayList<>();
    private final List<Test> tests = new ArrayList<>();

    /** The targets of the blocks so far. */
    private final NavigableMap<Integer, Exit> exits = new TreeMap<>();

    /** How many of them end the program. */
    private int ends;

    private final Value initialA;
    private final Value initialX;
    private int loads;
    private int testCount;
    private long reach;
    private boolean indirect;
    private @Nullable IfConversion best;

    /** How many edges lead to a target, and what A and X hold there: null if that is not the same on all edges. */
    private record Exit(
            int edges, @Nullable Value a, @Nullable Value x) {}

    private IfConversionFinder(ControlFlow flow, int head, KnownBits known) {
        this.flow = flow;
        this.head = head;
        this.initialA = new Value(null, null, null, known.a());
        this.initialX = new Value(null, null, null, known.x());
    }

    /** {@return the if-conversion, or null if there is none of more than one test} */
    static @Nullable IfConversion find(ControlFlow flow, int head, KnownBits known) {
        return new IfConversionFinder(flow, head, known).find();
    }

    private @Nullable IfConversion find() {
        exits.put(head, new Exit(flow.inDegree(head), initialA, initialX));
        Set<Integer> refused = new HashSet<>();
        while (true) {
            int next = next(refused);
            if (next < 0 || refused.size() + ends > 2) {
                return best; // what is refused stays an exit, as a return does, and there may be only two
            }
            if (add(next)) {
                if (loads > MAX_LOADS || testCount > MAX_TESTS) {
                    return best;
                }
                if (exits.size() == 2 && tests.size() > 1) {
                    remember();
                }
            } else {
                refused.add(next);
            }
        }
    }

    private int next(Set<Integer> refused) {
        for (Map.Entry<Integer, Exit> exit : exits.entrySet()) {
            int pc = exit.getKey();
            if (!isEnd(pc) && !refused.contains(pc) && exit.getValue().edges() == flow.inDegree(pc)) {
                return pc;
            }
        }
        return -1;
    }

    private boolean isEnd(int pc) {
        return flow.drops(pc) || flow.isReturn(pc);
    }

    private void remember() {
        for (Map.Entry<Integer, Exit> exit : exits.entrySet()) {
            int live = flow.live(exit.getKey());
            boolean keepsA = (live & Registers.bit(Registers.A)) == 0
                    || initialA.equals(exit.getValue().a());
            boolean keepsX = (live & Registers.bit(Registers.X)) == 0
                    || initialX.equals(exit.getValue().x());
            if (!keepsA || !keepsX) {
                return;
            }
        }
        boolean hasFallback = indirect || flow.minimumLength(head) < reach;
        best = new IfConversion(
                initialA,
                initialX,
                List.copyOf(values),
                List.copyOf(tests),
                exits.firstKey(),
                exits.lastKey(),
                (int) reach,
                hasFallback);
    }

    /** {@return whether the block that starts here could be added} */
    private boolean add(int start) {
        Exit exit = exits.get(start);
        if (exit == null) {
            return false;
        }
        Value a = exit.a();
        Value x = exit.x();
        List<Value> added = new ArrayList<>();
        long reachOfBlock = reach;
        boolean isIndirect = indirect;
        int length = 0;
        int pc = start;
        while (!(flow.instruction(pc) instanceof JumpIf)) {
            Instruction instruction = flow.instruction(pc);
            boolean isTooMuch = ++length > MAX_BLOCK || values.size() + added.size() > MAX_VALUES;
            if (isTooMuch || (pc != start && flow.inDegree(pc) != 1)) {
                return false;
            }
            if (instruction instanceof Tax) {
                x = a;
            } else if (instruction instanceof Txa) {
                a = x;
            } else if (instruction instanceof LoadAbsolute load && isFixed(load.off())) {
                a = new Value(load, null, null, 8 * load.size());
                reachOfBlock = Math.max(reachOfBlock, load.off() + load.size());
                added.add(a);
            } else if (instruction instanceof LoadMemShift load && isFixed(load.off())) {
                x = new Value(load, null, null, 6);
                reachOfBlock = Math.max(reachOfBlock, load.off() + 1);
                added.add(x);
            } else if (instruction instanceof LoadIndirect load && x != null && Plan.isNonNegative(load, x.bits())) {
                a = new Value(load, null, x, 8 * load.size());
                isIndirect = true;
                added.add(a);
            } else if (instruction instanceof AluConstant alu && a != null && isCheap(alu.op())) {
                a = new Value(alu, a, null, KnownBits.after(alu, a.bits()));
                added.add(a);
            } else {
                return false; // too expensive to do in vain, or with an effect
            }
            pc = flow.successors(pc).get(0);
            if (isEnd(pc)) {
                return false;
            }
        }
        if (a == null || (pc != start && flow.inDegree(pc) != 1)) {
            return false;
        }
        Test test = test(start, pc, a);
        if (test == null) {
            return false;
        }
        values.addAll(added);
        tests.add(test);
        loads += (int) added.stream()
                .filter(value -> !(value.operation() instanceof AluConstant))
                .count();
        reach = reachOfBlock;
        indirect = isIndirect;
        exits.remove(start);
        RecoveredSwitch membership = test.membership();
        addEdges(test.trueTarget(), membership == null ? 1 : membership.edgesTo(test.trueTarget()), a, x);
        addEdges(test.falseTarget(), membership == null ? 1 : membership.edgesTo(test.falseTarget()), a, x);
        return true;
    }

    private @Nullable Test test(int start, int pc, Value a) {
        RecoveredSwitch recovered = flow.switchAt(pc);
        if (recovered != null) {
            if (!recovered.isMembershipTest()) {
                return null;
            }
            testCount += 2;
            loads++;
            return new Test(
                    start, a, JumpCondition.JEQ, 0, recovered, recovered.memberTarget(), recovered.otherTarget());
        }
        testCount++;
        JumpIf jump = (JumpIf) flow.instruction(pc);
        return new Test(
                start,
                a,
                jump.cond(),
                jump.val(),
                null,
                flow.threaded(jump.trueTarget(pc)),
                flow.threaded(jump.falseTarget(pc)));
    }

    private void addEdges(int pc, int edges, @Nullable Value a, @Nullable Value x) {
        Exit known = exits.get(pc);
        if (known == null) {
            ends += isEnd(pc) ? 1 : 0;
            exits.put(pc, new Exit(edges, a, x));
        } else {
            exits.put(pc, new Exit(known.edges() + edges, agreed(known.a(), a), agreed(known.x(), x)));
        }
    }

    private static @Nullable Value agreed(@Nullable Value one, @Nullable Value other) {
        return one != null && one.equals(other) ? one : null;
    }

    private static boolean isFixed(int offset) {
        return offset >= 0 && offset <= Plan.MAX_OFFSET;
    }

    private static boolean isCheap(AluOp op) {
        return op != AluOp.DIV && op != AluOp.MOD;
    }
}
