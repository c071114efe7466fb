package io.github.nettybpf.tools.graph;

import io.github.nettybpf.core.Instruction;
import io.github.nettybpf.core.Instruction.ConditionalJump;
import io.github.nettybpf.core.Instruction.Jump;
import io.github.nettybpf.core.Instruction.ReturnConstant;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.tools.graph.FlowGraph.Box;
import io.github.nettybpf.tools.graph.FlowGraph.Branch;
import io.github.nettybpf.tools.graph.FlowGraph.Edge;
import io.github.nettybpf.tools.graph.FlowGraph.Kind;
import io.github.nettybpf.tools.graph.FlowGraph.Row;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Finds the basic blocks of a program and the edges between them. A box is known by the number of its first
 * instruction.
 */
final class FlowGraphBuilder {
    /** The fewest tests in a row that are shown as a list. */
    private static final int LIST = 4;

    private static final int NONE = -1;

    private final List<Instruction> instructions;
    private final int size;
    private final boolean fold;
    private final @Nullable Traffic traffic;
    private final BoxText text;

    /** The last instruction of each box; {@link #NONE} for an instruction that does not begin one. */
    private final int[] last;

    /** Whether each box is reachable. */
    private final boolean[] live;

    /** How many edges lead to each box. */
    private final int[] inDegree;

    /** For each box that begins a list, the boxes in the list. */
    private final int[][] lists;

    /** Whether the list that begins with a box shows the returns that its tests lead to. */
    private final boolean[] inlined;

    FlowGraphBuilder(Program program, boolean fold, @Nullable Traffic traffic) {
        this.instructions = program.instructions();
        this.size = program.size();
        this.fold = fold;
        this.traffic = traffic;
        this.text = new BoxText(program, fold, traffic);
        last = new int[size];
        live = new boolean[size];
        inDegree = new int[size];
        lists = new int[size][];
        inlined = new boolean[size];
    }

    FlowGraph graph(List<String> heading) {
        findBoxes();
        markLive();
        boolean[] shown = shown();
        countEdges(shown);
        if (fold) {
            findLists(shown);
            shown = shown();
        }
        int[] index = new int[size];
        List<Box> boxes = new ArrayList<>();
        for (int pc = 0; pc < size; pc++) {
            if (shown[pc]) {
                index[pc] = boxes.size();
                boxes.add(new Box(kind(pc), rows(pc), !live[pc], traffic == null ? 0 : traffic.visits(pc)));
            }
        }
        List<Edge> edges = new ArrayList<>();
        for (int pc = 0; pc < size; pc++) {
            if (shown[pc]) {
                addEdges(pc, index, edges);
            }
        }
        return new FlowGraph(heading, boxes, edges, traffic == null ? -1 : traffic.packets());
    }

    private void findBoxes() {
        boolean[] begins = new boolean[size];
        begins[0] = true;
        for (int pc = 0; pc < size; pc++) {
            if (isEnd(pc)) {
                successors(pc).forEach(target -> begins[target] = true);
                if (pc + 1 < size) {
                    begins[pc + 1] = true;
                }
            }
        }
        int end = NONE;
        for (int pc = size - 1; pc >= 0; pc--) {
            boolean endsHere = isEnd(pc) || begins[pc + 1]; // The last instruction is a return.
            end = endsHere ? pc : end;
            last[pc] = begins[pc] ? end : NONE;
        }
    }

    /** {@return whether the instruction ends its block: a jump or a return} */
    private boolean isEnd(int pc) {
        return instructions.get(pc) instanceof Jump || isTest(pc) || isReturn(pc);
    }

    private boolean isReturn(int pc) {
        return instructions.get(pc).isReturn();
    }

    private boolean isTest(int pc) {
        return instructions.get(pc) instanceof ConditionalJump;
    }

    private List<Integer> successors(int pc) {
        return instructions.get(pc).successors(pc);
    }

    /** {@return the boxes that can follow: none, one, or two, first the one for a test that holds} */
    private int[] successorBoxes(int box) {
        List<Integer> targets = successors(last[box]);
        // A test with two equal targets decides nothing; one that reaches the same box through jumps is drawn with two
        // edges.
        boolean same = targets.size() == 2 && targets.get(0).equals(targets.get(1));
        return targets.stream().limit(same ? 1 : 2).mapToInt(this::throughJumps).toArray();
    }

    /** {@return the successors of a box as it is drawn; of a list, those of its last test} */
    private int[] drawnSuccessors(int box) {
        int[] list = lists[box];
        if (list == null) {
            return successorBoxes(box);
        }
        int[] ofLast = successorBoxes(list[list.length - 1]);
        return inlined[box] ? new int[] {ofLast[1]} : ofLast;
    }

    private int throughJumps(int box) {
        int at = box;
        while (fold && instructions.get(at) instanceof Jump) {
            at = successors(at).get(0);
        }
        return at;
    }

    private void markLive() {
        live[0] = true;
        for (int pc = 0; pc < size; pc++) {
            if (last[pc] != NONE && live[pc]) {
                successors(last[pc]).forEach(target -> live[target] = true);
            }
        }
    }

    /** {@return which boxes are drawn: those that drawn edges lead to, and unreachable ones} */
    private boolean[] shown() {
        boolean[] shown = new boolean[size];
        shown[0] = true;
        for (int pc = 0; pc < size; pc++) {
            shown[pc] |= last[pc] != NONE && !live[pc];
            if (shown[pc]) {
                for (int target : drawnSuccessors(pc)) {
                    shown[target] = true;
                }
            }
        }
        return shown;
    }

    private void countEdges(boolean[] shown) {
        for (int pc = 0; pc < size; pc++) {
            if (shown[pc]) {
                for (int target : successorBoxes(pc)) {
                    inDegree[target]++;
                }
            }
        }
    }

    /** Finds rows of tests that lead to the same box if they hold, or each to a return of its own. */
    private void findLists(boolean[] shown) {
        boolean[] inList = new boolean[size];
        for (int pc = 0; pc < size; pc++) {
            if (shown[pc] && !inList[pc] && isTest(last[pc]) && successorBoxes(pc).length == 2) {
                int target = successorBoxes(pc)[0];
                int[] list = list(pc, test -> successorBoxes(test)[0] == target);
                if (list.length < LIST) {
                    list = list(pc, test -> isReturnOfIts(successorBoxes(test)[0]));
                    inlined[pc] = list.length >= LIST;
                }
                if (list.length >= LIST) {
                    lists[pc] = list;
                    for (int test : list) {
                        inList[test] = true;
                    }
                }
            }
        }
    }

    /** {@return whether the box is a return with one edge to it, which can be shown in a list instead} */
    private boolean isReturnOfIts(int box) {
        return isReturn(box) && inDegree[box] == 1;
    }

    private int[] list(int first, IntPredicate belongs) {
        List<Integer> list = new ArrayList<>();
        int at = first;
        while (belongs.test(at)) {
            list.add(at);
            at = successorBoxes(at)[1];
            boolean goesOn = last[at] == at && isTest(at) && inDegree[at] == 1 && successorBoxes(at).length == 2;
            if (!goesOn) {
                break;
            }
        }
        return list.stream().mapToInt(Integer::intValue).toArray();
    }

    private Kind kind(int box) {
        if (lists[box] != null) {
            return Kind.CODE;
        }
        Instruction end = instructions.get(last[box]);
        if (!end.isReturn()) {
            return Kind.CODE;
        }
        if (end instanceof ReturnConstant constant) {
            return constant.val() == 0 ? Kind.DROP : Kind.KEEP;
        }
        return Kind.RETURN_A;
    }

    private List<Row> rows(int box) {
        int[] list = lists[box];
        if (list == null) {
            return text.code(box, last[box]);
        }
        List<Row> rows = new ArrayList<>();
        if (last[box] > box) {
            rows.addAll(text.code(box, last[box] - 1));
        }
        List<Row> tests = new ArrayList<>();
        long[] hits = new long[list.length];
        for (int i = 0; i < list.length; i++) {
            int pc = last[list[i]];
            tests.add(inlined[box] ? text.test(pc, successorBoxes(list[i])[0]) : text.test(pc));
            hits[i] = traffic == null ? 0 : traffic.taken(pc);
        }
        rows.addAll(text.shortened(tests, hits));
        return rows;
    }

    private void addEdges(int box, int[] index, List<Edge> edges) {
        int[] targets = drawnSuccessors(box);
        int[] list = lists[box];
        int end = list == null ? last[box] : last[list[list.length - 1]];
        long passed = traffic == null ? 0 : traffic.passed(end);
        if (list != null && inlined[box]) {
            edges.add(new Edge(index[box], index[targets[0]], Branch.FALSE, "none of these", passed - taken(end)));
        } else if (targets.length == 2) {
            long taken = taken(end);
            long any = list == null
                    ? taken
                    : Arrays.stream(list).mapToLong(test -> taken(last[test])).sum();
            String holds = list == null ? "true" : "one of these";
            String holdsNot = list == null ? "false" : "none of these";
            edges.add(new Edge(index[box], index[targets[0]], Branch.TRUE, holds, any));
            edges.add(new Edge(index[box], index[targets[1]], Branch.FALSE, holdsNot, passed - taken));
        } else if (targets.length == 1) {
            edges.add(new Edge(index[box], index[targets[0]], Branch.NEXT, "", passed));
        }
    }

    private long taken(int pc) {
        return traffic == null ? 0 : traffic.taken(pc);
    }
}
