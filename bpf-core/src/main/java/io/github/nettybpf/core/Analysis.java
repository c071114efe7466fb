package io.github.nettybpf.core;

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
import io.github.nettybpf.core.Instruction.ReturnA;
import io.github.nettybpf.core.Instruction.ReturnConstant;
import io.github.nettybpf.core.Instruction.StoreScratch;
import io.github.nettybpf.core.Instruction.Tax;
import io.github.nettybpf.core.Instruction.Txa;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Interval analysis: what is known of a program without a packet. Jumps only go forward, so one forward pass is enough.
 * It propagates, for each register and scratch slot, an interval that contains its value, and skips instructions that
 * no packet reaches.
 */
final class Analysis {
    /** Each extension that is read, with the first instruction that reads it. */
    final Map<Extension, Integer> extensions = new EnumMap<>(Extension.class);

    final Map<OffsetBase, Integer> offsetBases = new EnumMap<>(OffsetBase.class);

    /** For each packet load that can be reached, by its pc, the bytes that it can touch. */
    final Map<Integer, OffsetRange> offsets = new HashMap<>();

    final OptionalLong reach;
    final Optional<Set<Integer>> verdicts;

    private static final long MAX = 0xffff_ffffL;
    private static final Interval ANY = new Interval(0, MAX);
    private static final Interval ZERO = new Interval(0, 0);

    /** Offsets that count from no base. If an indirect load may be there, nothing is known of its offset. */
    private static final Interval NOWHERE =
            new Interval(Integer.MAX_VALUE + 1L, Integer.toUnsignedLong(OffsetBase.SKF_LL_OFF) - 1);

    /** An unsigned value lies in {@code lo..hi}. */
    private record Interval(long lo, long hi) {
        static Interval of(int value) {
            long unsigned = Integer.toUnsignedLong(value);
            return new Interval(unsigned, unsigned);
        }

        boolean isOne() {
            return lo == hi;
        }

        Interval join(Interval other) {
            return new Interval(Math.min(lo, other.lo), Math.max(hi, other.hi));
        }

        boolean touches(long from, long to) {
            return lo <= to && hi >= from;
        }
    }

    /** What is known when an instruction is highestEnd, of M[], then A and X. */
    private static final class State {
        static final int A = Program.SCRATCH_SLOTS;
        static final int X = A + 1;
        static final int SIZE = X + 1;
        final Interval[] values;

        State(Interval[] values) {
            this.values = values;
        }

        State with(int slot, Interval value) {
            Interval[] changed = values.clone();
            changed[slot] = value;
            return new State(changed);
        }

        State join(@Nullable State other) {
            if (other == null) {
                return this;
            }
            Interval[] joined = new Interval[values.length];
            Arrays.setAll(joined, i -> values[i].join(other.values[i]));
            return new State(joined);
        }

        Interval a() {
            return values[A];
        }

        Interval x() {
            return values[X];
        }
    }

    private final @Nullable State[] states;
    private final Set<Integer> returned = new LinkedHashSet<>();
    private boolean returnsAnything;
    private boolean reachesAnywhere;
    private long highestEnd;

    Analysis(Program program) {
        List<Instruction> instructions = program.instructions();
        states = new State[instructions.size()];
        Interval[] start = new Interval[State.SIZE];
        Arrays.fill(start, ANY);
        start[State.A] = ZERO;
        start[State.X] = ZERO;
        states[0] = new State(start);
        for (int pc = 0; pc < states.length; pc++) {
            State state = states[pc];
            if (state != null) {
                step(pc, instructions.get(pc), state);
                states[pc] = null;
            }
        }
        reach = reachesAnywhere ? OptionalLong.empty() : OptionalLong.of(highestEnd);
        verdicts = returnsAnything ? Optional.empty() : Optional.of(Collections.unmodifiableSet(returned));
    }

    private void step(int pc, Instruction instruction, State in) {
        if (instruction instanceof ConditionalJump jump) {
            Interval operand = jump instanceof JumpIf constant ? Interval.of(constant.val()) : in.x();
            reach(jump.trueTarget(pc), refine(in, jump.cond(), operand, true));
            reach(jump.falseTarget(pc), refine(in, jump.cond(), operand, false));
        } else if (instruction instanceof ReturnConstant ret) {
            returned.add(ret.val());
        } else if (instruction instanceof ReturnA) {
            returnA(in.a());
        } else {
            State out = after(pc, instruction, in);
            instruction.successors(pc).forEach(successor -> reach(successor, out));
        }
    }

    /** What is known after an instruction that has one successor, or null if it always ends the program. */
    private @Nullable State after(int pc, Instruction instruction, State in) {
        if (instruction instanceof LoadConstant load) {
            return in.with(slot(load.dst()), Interval.of(load.val()));
        } else if (instruction instanceof LoadScratch load) {
            return in.with(slot(load.dst()), in.values[load.n()]);
        } else if (instruction instanceof StoreScratch store) {
            return in.with(store.n(), in.values[slot(store.src())]);
        } else if (instruction instanceof LoadAbsolute load) {
            load(pc, Interval.of(load.off()), load.size());
            return in.with(State.A, loaded(load.size()));
        } else if (instruction instanceof LoadIndirect load) {
            Interval offset = shifted(in.x(), load.off());
            load(pc, offset, load.size());
            reachesAnywhere |= offset.touches(NOWHERE.lo, NOWHERE.hi);
            return in.with(State.A, loaded(load.size()));
        } else if (instruction instanceof LoadMemShift load) {
            load(pc, Interval.of(load.off()), load.size());
            return in.with(State.X, new Interval(0, 60));
        } else if (instruction instanceof LoadExtension load) {
            return in.with(slot(load.dst()), extension(pc, load, in));
        } else if (instruction instanceof AluConstant alu) {
            return in.with(State.A, alu(alu.op(), in.a(), Interval.of(alu.val())));
        } else if (instruction instanceof AluX alu) {
            return aluX(alu.op(), in);
        } else if (instruction instanceof NegateA) {
            return in.with(State.A, in.a().isOne() ? Interval.of((int) -in.a().lo) : ANY);
        } else if (instruction instanceof Jump) {
            return in;
        } else if (instruction instanceof Tax) {
            return in.with(State.X, in.a());
        } else if (instruction instanceof Txa) {
            return in.with(State.A, in.x());
        }
        throw new AssertionError(instruction);
    }

    private void reach(int pc, @Nullable State state) {
        if (state != null) {
            states[pc] = state.join(states[pc]);
        }
    }

    private static int slot(Register register) {
        return register == Register.A ? State.A : State.X;
    }

    private static Interval loaded(int size) {
        return new Interval(0, MAX >>> (32 - 8 * size));
    }

    /** X + k modulo 2^32. An interval of which only a part wraps around becomes ANY. */
    private static Interval shifted(Interval x, int k) {
        long by = Integer.toUnsignedLong(k);
        long lo = x.lo + by;
        long hi = x.hi + by;
        if (lo > MAX) {
            return new Interval(lo & MAX, hi & MAX);
        }
        return hi > MAX ? ANY : new Interval(lo, hi);
    }

    private void load(int pc, Interval offset, int size) {
        returned.add(0);
        offsets.put(pc, new OffsetRange(offset.lo, Math.min(offset.hi + size - 1, MAX)));
        if (offset.touches(0, Integer.MAX_VALUE)) {
            offsetBases.putIfAbsent(OffsetBase.PACKET, pc);
            highestEnd = Math.max(highestEnd, Math.min(offset.hi, Integer.MAX_VALUE) + size);
        }
        if (offset.touches(Integer.toUnsignedLong(OffsetBase.SKF_NET_OFF), MAX)) {
            offsetBases.putIfAbsent(OffsetBase.NETWORK, pc);
        }
        if (offset.touches(
                Integer.toUnsignedLong(OffsetBase.SKF_LL_OFF), Integer.toUnsignedLong(OffsetBase.SKF_NET_OFF) - 1)) {
            offsetBases.putIfAbsent(OffsetBase.LINK_LAYER, pc);
        }
    }

    private Interval extension(int pc, LoadExtension load, State in) {
        extensions.putIfAbsent(load.num(), pc);
        switch (load.num()) {
            case LEN, RAND, XOR_X, NLA, NLAN -> {}
            case IFIDX, HATYPE -> {
                returned.add(0);
                returnA(in.a());
            }
            default -> returned.add(0); // where the packet does not know it
        }
        return load.num() == Extension.XOR_X
                ? alu(AluOp.XOR, in.a(), in.x())
                : new Interval(0, load.num().maximum());
    }

    private @Nullable State aluX(AluOp op, State in) {
        Interval x = in.x();
        if ((op == AluOp.DIV || op == AluOp.MOD) && x.lo == 0) {
            returned.add(0);
            if (x.hi == 0) {
                return null;
            }
            x = new Interval(1, x.hi);
        }
        return in.with(State.A, alu(op, in.a(), x));
    }

    private void returnA(Interval a) {
        if (a.isOne()) {
            returned.add((int) a.lo);
        } else {
            returnsAnything = true;
        }
    }

    /** An interval that contains A after the operation. A divisor is not 0. */
    private static Interval alu(AluOp op, Interval a, Interval b) {
        if (a.isOne() && b.isOne()) {
            return Interval.of(op.apply((int) a.lo, (int) b.lo));
        }
        return switch (op) {
            case ADD -> a.hi + b.hi <= MAX ? new Interval(a.lo + b.lo, a.hi + b.hi) : ANY;
            case SUB -> a.lo >= b.hi ? new Interval(a.lo - b.hi, a.hi - b.lo) : ANY;
            case MUL ->
                Math.multiplyHigh(a.hi, b.hi) == 0 && a.hi * b.hi >= 0 && a.hi * b.hi <= MAX
                        ? new Interval(a.lo * b.lo, a.hi * b.hi)
                        : ANY;
            case DIV -> new Interval(a.lo / b.hi, a.hi / b.lo);
            case MOD -> new Interval(0, Math.min(a.hi, b.hi - 1));
            case AND -> new Interval(0, Math.min(a.hi, b.hi));
            case OR -> new Interval(Math.max(a.lo, b.lo), ones(a.hi | b.hi));
            case XOR -> new Interval(0, ones(a.hi | b.hi));
            case LSH ->
                b.isOne() && a.hi << (b.lo & 31) <= MAX ? new Interval(a.lo << (b.lo & 31), a.hi << (b.lo & 31)) : ANY;
            case RSH -> b.isOne() ? new Interval(a.lo >> (b.lo & 31), a.hi >> (b.lo & 31)) : new Interval(0, a.hi);
        };
    }

    /** The least number of the form 2^n - 1 that is not less than the value. */
    private static long ones(long value) {
        return value == 0 ? 0 : (Long.highestOneBit(value) << 1) - 1;
    }

    /** What is known after a branch, or null if it cannot be taken. */
    private static @Nullable State refine(State in, JumpCondition condition, Interval b, boolean taken) {
        Interval a = in.a();
        long lo = a.lo;
        long hi = a.hi;
        switch (condition) {
            case JEQ -> {
                if (taken) {
                    lo = Math.max(lo, b.lo);
                    hi = Math.min(hi, b.hi);
                } else if (a.isOne() && b.isOne() && a.lo == b.lo) {
                    return null;
                }
            }
            case JGT -> {
                lo = taken ? Math.max(lo, b.lo + 1) : lo;
                hi = taken ? hi : Math.min(hi, b.hi);
            }
            case JGE -> {
                lo = taken ? Math.max(lo, b.lo) : lo;
                hi = taken ? hi : Math.min(hi, b.hi - 1);
            }
            case JSET -> {
                boolean known = a.isOne() && b.isOne();
                if (known && taken != condition.holds((int) a.lo, (int) b.lo)) {
                    return null;
                }
            }
        }
        return lo > hi ? null : in.with(State.A, new Interval(lo, hi));
    }
}
