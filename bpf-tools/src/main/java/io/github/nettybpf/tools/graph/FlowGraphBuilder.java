package io.github.nettybpf.tools.graph;

import io.github.nettybpf.core.Instruction;
import io.github.nettybpf.core.Instruction.ConditionalJump;
import io.github.nettybpf.core.Instruction.Jump;
import io.github.nettybpf.core.Instruction.ReturnConstant;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.tools.graph.FlowGraph.Box;
import io.github.nettybpf.tools.graph.FlowGraph.Edge;
import io.github.nettybpf.tools.graph.FlowGraph.Kind;
import io.github.nettybpf.tools.graph.FlowGraph.Row;
import io.github.nettybpf.tools.graph.FlowGraph.Way;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/** Finds the boxes of a program and the ways between them. A box is called by the number of its first instruction. */
final class FlowGraphBuilder {
    /** So many tests in a row are shown as a list. */
    private static final int LIST = 4;

    private static final int NONE = -1;

    private final List<Instruction> instructions;
    private final int size;
    private final boolean fold;
    private final @Nullable Traffic traffic;
    private final BoxText text;

    /** Of each box: its last instruction; elsewhere {@link #NONE}. */
    private final int[] last;

    private final boolean[] live;
    private final int[] arrivals;

    /** Of each box that begins a list: the boxes in it. */
    private final int[][] lists;

    private final boolean[] inlined;

    FlowGraphBuilder(Program program, boolean fold, @Nullable Traffic traffic) {
        this.instructions = program.instructions();
        this.size = program.size();
        this.fold = fold;
        this.traffic = traffic;
        this.text = new BoxText(program, fold, traffic);
        last = new int[size];
        live = new boolean[size];
        arrivals = new int[size];
        lists = new int[size][];
        inlined = new boolean[size];
    }

    FlowGraph graph(List<String> heading) {
        findBoxes();
        markLive();
        boolean[] shown = shown();
        countArrivals(shown);
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

    /** {@return the boxes that follow: none, one, or where a test leads that holds and where one that does not} */
    private int[] followers(int box) {
        List<Integer> targets = successors(last[box]);
        // What leads to the same instruction either way is no choice; two ways to it through jumps are.
        boolean same = targets.size() == 2 && targets.get(0).equals(targets.get(1));
        return targets.stream().limit(same ? 1 : 2).mapToInt(this::throughJumps).toArray();
    }

    /** {@return the ways out of a box as it is drawn}, of a list those of its last test. */
    private int[] ways(int box) {
        int[] list = lists[box];
        if (list == null) {
            return followers(box);
        }
        int[] ofLast = followers(list[list.length - 1]);
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

    /** {@return which boxes are drawn}: those that ways lead to, as they are drawn, and the dead. */
    private boolean[] shown() {
        boolean[] shown = new boolean[size];
        shown[0] = true;
        for (int pc = 0; pc < size; pc++) {
            shown[pc] |= last[pc] != NONE && !live[pc];
            if (shown[pc]) {
                for (int target : ways(pc)) {
                    shown[target] = true;
                }
            }
        }
        return shown;
    }

    private void countArrivals(boolean[] shown) {
        for (int pc = 0; pc < size; pc++) {
            if (shown[pc]) {
                for (int target : followers(pc)) {
                    arrivals[target]++;
                }
            }
        }
    }

    /** Tests one after the other that lead to the same place if they hold, or each to a return of its own. */
    private void findLists(boolean[] shown) {
        boolean[] inList = new boolean[size];
        for (int pc = 0; pc < size; pc++) {
            if (shown[pc] && !inList[pc] && isTest(last[pc]) && followers(pc).length == 2) {
                int target = followers(pc)[0];
                int[] list = list(pc, test -> followers(test)[0] == target);
                if (list.length < LIST) {
                    list = list(pc, test -> isReturnOfIts(followers(test)[0]));
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

    /** {@return whether the box is a return that one way leads to}; others would miss it if it were in a list. */
    private boolean isReturnOfIts(int box) {
        return isReturn(box) && arrivals[box] == 1;
    }

    private int[] list(int first, IntPredicate belongs) {
        List<Integer> list = new ArrayList<>();
        int at = first;
        while (belongs.test(at)) {
            list.add(at);
            at = followers(at)[1];
            boolean goesOn = last[at] == at && isTest(at) && arrivals[at] == 1 && followers(at).length == 2;
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
            tests.add(inlined[box] ? text.test(pc, followers(list[i])[0]) : text.test(pc));
            hits[i] = traffic == null ? 0 : traffic.taken(pc);
        }
        rows.addAll(text.shortened(tests, hits));
        return rows;
    }

    private void addEdges(int box, int[] index, List<Edge> edges) {
        int[] ways = ways(box);
        int[] list = lists[box];
        int end = list == null ? last[box] : last[list[list.length - 1]];
        long passed = traffic == null ? 0 : traffic.passed(end);
        if (list != null && inlined[box]) {
            edges.add(new Edge(index[box], index[ways[0]], Way.FALSE, "none of these", passed - taken(end)));
        } else if (ways.length == 2) {
            long taken = taken(end);
            long any = list == null
                    ? taken
                    : Arrays.stream(list).mapToLong(test -> taken(last[test])).sum();
            String holds = list == null ? "true" : "one of these";
            String holdsNot = list == null ? "false" : "none of these";
            edges.add(new Edge(index[box], index[ways[0]], Way.TRUE, holds, any));
            edges.add(new Edge(index[box], index[ways[1]], Way.FALSE, holdsNot, passed - taken));
        } else if (ways.length == 1) {
            edges.add(new Edge(index[box], index[ways[0]], Way.NEXT, "", passed));
        }
    }

    private long taken(int pc) {
        return traffic == null ? 0 : traffic.taken(pc);
    }
}
