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
import io.github.nettybpf.core.compile.Decision.Test;
import io.github.nettybpf.core.compile.Decision.Value;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Finds the largest {@link Decision} that begins at an instruction: adds block after block while only two ways lead out. */
final class DecisionFinder {
    /** What evaluating in vain may cost: loads and tests. More, and a mispredicted branch would be cheaper. */
    private static final int MOST_LOADS = 7;

    private static final int MOST_TESTS = 16;

    /** With arithmetic, so that a decision fits into a method. */
    private static final int MOST_VALUES = 24;

    private static final int LONGEST_BLOCK = 32;

    private final Flow flow;
    private final int head;
    private final List<Value> values = new ArrayList<>();
    private final List<Test> tests = new ArrayList<>();

    /** For the ways out so far: how many edges lead there, and what is in A and X. */
    private final Map<Integer, Way> ways = new TreeMap<>();

    private final Value initialA;
    private final Value initialX;
    private int loads;
    private int testCount;
    private long reach;
    private boolean indirect;
    private @Nullable Decision best;

    /** What is in A and X on a way out; null where that depends. */
    private record Way(
            int edges, @Nullable Value a, @Nullable Value x) {}

    private DecisionFinder(Flow flow, int head, Widths widths) {
        this.flow = flow;
        this.head = head;
        this.initialA = new Value(null, null, null, widths.a());
        this.initialX = new Value(null, null, null, widths.x());
    }

    /** {@return the decision}, or null if there is none of more than one test. */
    static @Nullable Decision find(Flow flow, int head, Widths widths) {
        return new DecisionFinder(flow, head, widths).find();
    }

    private @Nullable Decision find() {
        ways.put(head, new Way(flow.entries(head), initialA, initialX));
        Set<Integer> refused = new HashSet<>();
        while (true) {
            int next = next(refused);
            if (next < 0) {
                return best;
            }
            if (add(next)) {
                if (loads > MOST_LOADS || testCount > MOST_TESTS) {
                    return best;
                }
                if (ways.size() == 2 && tests.size() > 1) {
                    remember();
                }
            } else {
                refused.add(next);
            }
        }
    }

    private int next(Set<Integer> refused) {
        for (Map.Entry<Integer, Way> way : ways.entrySet()) {
            int pc = way.getKey();
            if (!refused.contains(pc) && way.getValue().edges() == flow.entries(pc)) {
                return pc;
            }
        }
        return -1;
    }

    private void remember() {
        List<Integer> out = List.copyOf(new TreeSet<>(ways.keySet()));
        for (int pc : out) {
            boolean keepsA = (flow.live(pc) & Registers.bit(Registers.A)) == 0
                    || initialA.equals(ways.get(pc).a());
            boolean keepsX = (flow.live(pc) & Registers.bit(Registers.X)) == 0
                    || initialX.equals(ways.get(pc).x());
            if (!keepsA || !keepsX) {
                return;
            }
        }
        boolean cutShort = indirect || flow.need(head) < reach;
        best = new Decision(
                initialA,
                initialX,
                List.copyOf(values),
                List.copyOf(tests),
                out.get(0),
                out.get(1),
                (int) reach,
                cutShort);
    }

    /** Adds the block that begins there. {@return whether that can be} */
    private boolean add(int start) {
        Way way = ways.get(start);
        if (way == null || flow.drops(start)) {
            return false;
        }
        Value a = way.a();
        Value x = way.x();
        List<Value> added = new ArrayList<>();
        long farthest = reach;
        boolean relative = indirect;
        int steps = 0;
        int pc = start;
        while (!(flow.instruction(pc) instanceof JumpIf)) {
            Instruction instruction = flow.instruction(pc);
            boolean isTooMuch = ++steps > LONGEST_BLOCK || values.size() + added.size() > MOST_VALUES;
            if (isTooMuch || (pc != start && flow.entries(pc) != 1)) {
                return false;
            }
            if (instruction instanceof Tax) {
                x = a;
            } else if (instruction instanceof Txa) {
                a = x;
            } else if (instruction instanceof LoadAbsolute load && isNear(load.off())) {
                a = new Value(load, null, null, 8 * load.size());
                farthest = Math.max(farthest, load.off() + load.size());
                added.add(a);
            } else if (instruction instanceof LoadMemShift load && isNear(load.off())) {
                x = new Value(load, null, null, 6);
                farthest = Math.max(farthest, load.off() + 1);
                added.add(x);
            } else if (instruction instanceof LoadIndirect load && x != null && Plan.isPlainOffset(load, x.bits())) {
                a = new Value(load, null, x, 8 * load.size());
                relative = true;
                added.add(a);
            } else if (instruction instanceof AluConstant alu && a != null && isCheap(alu.op())) {
                a = new Value(alu, a, null, Widths.behind(alu, a.bits()));
                added.add(a);
            } else {
                return false; // what is too expensive, or has an effect, in vain
            }
            pc = flow.edges(pc).get(0);
            if (flow.drops(pc) || flow.isEnd(pc)) {
                return false;
            }
        }
        if (a == null || (pc != start && flow.entries(pc) != 1)) {
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
        reach = farthest;
        indirect = relative;
        ways.remove(start);
        Choice choice = test.choice();
        lead(test.yes(), choice == null ? 1 : choice.edges(test.yes()), a, x);
        lead(test.no(), choice == null ? 1 : choice.edges(test.no()), a, x);
        return true;
    }

    private @Nullable Test test(int start, int pc, Value a) {
        Choice choice = flow.choiceFrom(pc);
        if (choice != null) {
            if (!choice.isSet()) {
                return null;
            }
            testCount += 2;
            loads++;
            return new Test(start, a, JumpCondition.JEQ, 0, choice, choice.yes(), choice.no());
        }
        testCount++;
        JumpIf jump = (JumpIf) flow.instruction(pc);
        return new Test(
                start,
                a,
                jump.cond(),
                jump.val(),
                null,
                flow.landing(jump.trueTarget(pc)),
                flow.landing(jump.falseTarget(pc)));
    }

    private void lead(int pc, int edges, @Nullable Value a, @Nullable Value x) {
        Way known = ways.get(pc);
        if (known == null) {
            ways.put(pc, new Way(edges, a, x));
        } else {
            ways.put(pc, new Way(known.edges() + edges, agreed(known.a(), a), agreed(known.x(), x)));
        }
    }

    private static @Nullable Value agreed(@Nullable Value one, @Nullable Value other) {
        return one != null && one.equals(other) ? one : null;
    }

    private static boolean isNear(int offset) {
        return offset >= 0 && offset <= Plan.LARGEST_OFFSET;
    }

    private static boolean isCheap(AluOp op) {
        return op != AluOp.DIV && op != AluOp.MOD;
    }
}
