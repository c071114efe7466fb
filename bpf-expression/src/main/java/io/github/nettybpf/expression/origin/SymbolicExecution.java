package io.github.nettybpf.expression.origin;

import io.github.nettybpf.core.AluOp;
import io.github.nettybpf.core.Instruction;
import io.github.nettybpf.core.Instruction.AluConstant;
import io.github.nettybpf.core.Instruction.AluX;
import io.github.nettybpf.core.Instruction.ConditionalJump;
import io.github.nettybpf.core.Instruction.Jump;
import io.github.nettybpf.core.Instruction.JumpIf;
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
import io.github.nettybpf.core.JumpCondition;
import io.github.nettybpf.core.Register;
import io.github.nettybpf.core.RegisterSet;
import io.github.nettybpf.expression.lower.RangeSet;
import io.github.nettybpf.expression.lower.TermTests;
import io.github.nettybpf.expression.lower.Value;
import io.github.nettybpf.expression.lower.ValueTable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Executes a program of the code generator on symbols (symbolic execution), to find the terms that each instruction is
 * for. A conditional jump is for the terms that it decides. Another instruction is for those that the jumps decide which
 * use its result (def-use chains), or, if none does, for those that compute that value: it is there because a packet
 * that lacks the bytes is rejected.
 */
final class SymbolicExecution {
    /** What the machine holds before an instruction. */
    private static final class State {
        Contents a = Contents.NONE;
        Contents x = Contents.NONE;

        /** What the scratch slots for temporaries hold; they are never read after paths have joined. */
        Map<Integer, Contents> temporaries = Map.of();

        State() {}

        State(State before) {
            a = before.a;
            x = before.x;
            temporaries = before.temporaries;
        }
    }

    private final List<Instruction> program;
    private final TermTests tests;
    private final Decisions decisions;
    private final ValueTable values;

    /** The values of the scratch slots that terms store something in. */
    private final Map<Integer, Value> slots;

    private final State[] states;
    private final boolean[] liveA;
    private final boolean[] liveX;

    /** For each instruction the terms that it is for. */
    private final List<Set<Integer>> terms = new ArrayList<>();

    /** What the instructions compute. */
    private final Map<Integer, Contents> results = new LinkedHashMap<>();

    private SymbolicExecution(List<Instruction> program, TermTests tests) {
        this.program = program;
        this.tests = tests;
        this.decisions = new Decisions(tests);
        this.values = tests.values();
        this.slots = values.allScratch().stream().collect(Collectors.toMap(slot -> slot.k, slot -> slot));
        this.states = new State[program.size()];
        this.liveA = new boolean[program.size()];
        this.liveX = new boolean[program.size()];
    }

    /** {@return for each instruction the terms that it is for, in order; none for jumps that always go, and returns} */
    static List<Set<Integer>> terms(List<Instruction> program, TermTests tests) {
        SymbolicExecution execution = new SymbolicExecution(program, tests);
        execution.findLive();
        execution.states[0] = new State();
        for (int pc = 0; pc < program.size(); pc++) {
            execution.terms.add(new TreeSet<>());
            execution.execute(pc);
        }
        execution.addUnused();
        return execution.terms;
    }

    /** Finds where A and X are live: what they hold elsewhere need not be joined. */
    private void findLive() {
        for (int pc = program.size() - 1; pc >= 0; pc--) {
            Instruction instruction = program.get(pc);
            boolean a = false;
            boolean x = false;
            for (int next : instruction.successors(pc)) {
                a |= liveA[next];
                x |= liveX[next];
            }
            RegisterSet reads = instruction.reads();
            RegisterSet writes = instruction.writes();
            liveA[pc] = reads.contains(Register.A) || (a && !writes.contains(Register.A));
            liveX[pc] = reads.contains(Register.X) || (x && !writes.contains(Register.X));
        }
    }

    private void reach(int pc, State after) {
        State live = new State(after);
        live.a = liveA[pc] ? after.a : Contents.NONE;
        live.x = liveX[pc] ? after.x : Contents.NONE;
        State before = states[pc];
        if (before != null) {
            live.a = before.a.join(live.a);
            live.x = before.x.join(live.x);
            live.temporaries = Map.of();
        }
        states[pc] = live;
    }

    private void execute(int pc) {
        Instruction instruction = program.get(pc);
        State state = states[pc];
        states[pc] = null;
        if (state == null || instruction.isReturn()) {
            return;
        }
        if (instruction instanceof JumpIf jump && jump.cond() != JumpCondition.JSET) {
            compare(pc, jump, state);
            return;
        } else if (instruction instanceof ConditionalJump jump) {
            decide(pc, jump, state);
        } else if (!(instruction instanceof Jump)) {
            compute(pc, instruction, state);
        }
        instruction.successors(pc).forEach(next -> reach(next, state));
    }

    private void compute(int pc, Instruction instruction, State state) {
        if (instruction instanceof LoadConstant load) {
            result(state, load.dst(), Contents.of(values.constant(load.val()), pc), pc);
        } else if (instruction instanceof LoadAbsolute load) {
            result(state, Register.A, Contents.of(values.load(load.size(), null, load.off()), pc), pc);
        } else if (instruction instanceof LoadIndirect load) {
            Contents loaded = state.x.map(index -> values.load(load.size(), index, load.off()), pc);
            result(state, Register.A, loaded, pc);
        } else if (instruction instanceof LoadMemShift load) {
            result(state, Register.X, Contents.of(values.headerLength(load.off()), pc), pc);
        } else if (instruction instanceof LoadExtension load) {
            result(state, load.dst(), Contents.of(values.extension(load.num()), pc), pc);
        } else if (instruction instanceof LoadScratch load) {
            Value slot = slots.get(load.n());
            Contents loaded = slot == null
                    ? state.temporaries.getOrDefault(load.n(), Contents.NONE).after(pc)
                    : Contents.of(slot, pc);
            result(state, load.dst(), loaded, pc);
        } else if (instruction instanceof StoreScratch store) {
            store(pc, store, state);
        } else if (instruction instanceof AluConstant alu) {
            Value operand = values.constant(alu.val());
            Contents computed = alu.op() == AluOp.AND
                    ? state.a.masked(alu.val(), values, pc)
                    : state.a.map(value -> values.binary(alu.op(), value, operand), pc);
            result(state, Register.A, computed, pc);
        } else if (instruction instanceof AluX alu) {
            Contents computed = state.a.combine(state.x, (a, x) -> values.binary(alu.op(), a, x), pc);
            result(state, Register.A, computed, pc);
        } else if (instruction instanceof NegateA) {
            result(state, Register.A, state.a.map(values::negation, pc), pc);
        } else if (instruction instanceof Tax) {
            result(state, Register.X, state.a.after(pc), pc);
        } else if (instruction instanceof Txa) {
            result(state, Register.A, state.x.after(pc), pc);
        } else {
            throw new IllegalArgumentException(instruction.toString());
        }
    }

    private void result(State state, Register register, Contents contents, int pc) {
        if (register == Register.A) {
            state.a = contents;
        } else {
            state.x = contents;
        }
        results.put(pc, contents);
    }

    private void store(int pc, StoreScratch store, State state) {
        Value slot = slots.get(store.n());
        Contents source = store.src() == Register.A ? state.a : state.x;
        if (slot == null) {
            state.temporaries = new HashMap<>(state.temporaries);
            state.temporaries.put(store.n(), source.after(pc));
        } else {
            use(source.after(pc), tests.writers(slot));
        }
    }

    /** Says for which terms the instructions are that have computed something. */
    private void use(Contents contents, Set<Integer> users) {
        contents.definitions().forEach(definition -> terms.get(definition).addAll(users));
    }

    /** Finds what a comparison of A with a constant decides, and what A is after it. */
    private void compare(int pc, JumpIf jump, State state) {
        long number = Integer.toUnsignedLong(jump.val());
        boolean equal = jump.cond() == JumpCondition.JEQ;
        long start = jump.cond() == JumpCondition.JGT ? number + 1 : number;
        int yes = pc + 1 + jump.skipTrue();
        int no = pc + 1 + jump.skipFalse();
        Set<Integer> decided;
        if (equal) {
            decided = decisions.equal(state.a, number);
        } else if (!isComparison(yes)) {
            decided = decisions.range(state.a, start, RangeSet.END);
        } else {
            decided = isComparison(no) ? decisions.undecided(state.a) : decisions.range(state.a, 0, start);
        }
        terms.get(pc).addAll(decided);
        use(state.a, decided);
        State holds = new State(state);
        holds.a = equal ? state.a.only(start) : state.a.within(start, RangeSet.END);
        State fails = new State(state);
        fails.a = equal ? state.a.without(start) : state.a.within(0, start);
        reach(yes, holds);
        reach(no, fails);
    }

    /** {@return whether the same A is compared again, after jumps that always go} */
    private boolean isComparison(int target) {
        int pc = target;
        while (program.get(pc) instanceof Jump jump) {
            pc += 1 + jump.skip();
        }
        return program.get(pc) instanceof JumpIf;
    }

    /** Finds what a test of bits, or a comparison of A with X, decides: whether the masked value or the relation is 0. */
    private void decide(int pc, ConditionalJump jump, State state) {
        Contents tested;
        if (jump instanceof JumpIf bits) {
            Value mask = values.constant(bits.val());
            tested = state.a.map(value -> values.binary(AluOp.AND, value, mask), pc);
        } else {
            Value.Kind kind =
                    switch (jump.cond()) {
                        case JEQ -> Value.Kind.EQUAL;
                        case JGT -> Value.Kind.GREATER;
                        case JGE -> Value.Kind.GREATER_OR_EQUAL;
                        case JSET -> throw new IllegalArgumentException(jump.toString());
                    };
            tested = state.a.combine(state.x, (a, x) -> values.relation(kind, a, x), pc);
        }
        use(tested, decisions.equal(tested, 0));
    }

    /** Says for which terms the instructions are whose results no jump uses. */
    private void addUnused() {
        results.forEach((pc, contents) -> {
            if (terms.get(pc).isEmpty()) {
                contents.values().keySet().forEach(possible -> terms.get(pc).addAll(tests.users(possible.value())));
            }
        });
    }
}
