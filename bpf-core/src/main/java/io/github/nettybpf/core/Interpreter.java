package io.github.nettybpf.core;

import static io.github.nettybpf.core.Opcodes.*;

import io.github.nettybpf.core.Instruction.ConditionalJump;
import io.github.nettybpf.core.Instruction.JumpIf;
import io.github.nettybpf.core.Instruction.StoreScratch;
import java.util.Arrays;

/**
 * Interprets a program as a graph of steps. A step is an operation together with the jump that follows it, if one does,
 * so that a load and the test of its result take one dispatch. All comparisons with a constant have the same form (see
 * {@link Step#test}), and need no dispatch.
 */
final class Interpreter implements Filter {
    /** Operations without an opcode: loads whose offset is negative or names an extension, and no operation at all. */
    private static final int LD_NEGATIVE = 0xb2;

    private static final int MSH_NEGATIVE = 0xb3;
    private static final int LD_EXTENSION = 0xb4;
    private static final int NONE = 0xb5;

    /** The end of a single step: the registers are saved for the next one. */
    private static final int STOP = 0xb6;

    private static final int[] NO_SCRATCH = new int[0];

    /** The state between two single steps: M[], and after it A, X and the pc. */
    static final int STATE_A = Program.SCRATCH_SLOTS;

    static final int STATE_X = STATE_A + 1;
    static final int STATE_PC = STATE_X + 1;
    static final int STATE_SIZE = STATE_PC + 1;

    /** The pc in the state after a step that ended the program. */
    static final int ENDED = -1;

    private final Step first;
    private final boolean usesScratch;

    Interpreter(Program program) {
        first = Step.link(program);
        usesScratch = program.instructions().stream().anyMatch(StoreScratch.class::isInstance);
    }

    @Override
    public int run(Packet packet) {
        if (!usesScratch) {
            return run(packet, NO_SCRATCH, first, 0, 0);
        }
        try (Scratch scratch = Scratch.take()) {
            return run(packet, scratch.slots, first, 0, 0);
        }
    }

    /**
     * Executes one instruction on the state, whose pc becomes that of the next one, or {@link #ENDED}.
     *
     * @return the verdict, if the program ended
     */
    static int step(Step instruction, Packet packet, int[] state) {
        state[STATE_PC] = ENDED;
        return run(packet, state, instruction, state[STATE_A], state[STATE_X]);
    }

    /** The one definition of what each operation does. */
    private static int run(Packet packet, int[] scratch, Step start, int startA, int startX) {
        final int length = packet.length();
        int a = startA;
        int x = startX;
        Step step = start;
        run:
        while (true) {
            int k = step.k;
            switch (step.operation) {
                case NONE -> {}
                case LD | ABS | B -> {
                    if (k >= length) {
                        return 0;
                    }
                    a = packet.u8(k);
                }
                case LD | ABS | H -> {
                    if (k > length - 2) {
                        return 0;
                    }
                    a = packet.u16(k);
                }
                case LD | ABS | W -> {
                    if (k > length - 4) {
                        return 0;
                    }
                    a = packet.u32(k);
                }
                case LD_NEGATIVE -> {
                    long loaded = Packet.load(packet, k, step.size);
                    if (loaded < 0) {
                        return 0;
                    }
                    a = (int) loaded;
                }
                case LD | IND | B -> {
                    int offset = x + k;
                    if (offset >= 0 && offset < length) {
                        a = packet.u8(offset);
                    } else {
                        long loaded = Packet.load(packet, offset, 1);
                        if (loaded < 0) {
                            return 0;
                        }
                        a = (int) loaded;
                    }
                }
                case LD | IND | H -> {
                    int offset = x + k;
                    if (offset >= 0 && offset <= length - 2) {
                        a = packet.u16(offset);
                    } else {
                        long loaded = Packet.load(packet, offset, 2);
                        if (loaded < 0) {
                            return 0;
                        }
                        a = (int) loaded;
                    }
                }
                case LD | IND | W -> {
                    int offset = x + k;
                    if (offset >= 0 && offset <= length - 4) {
                        a = packet.u32(offset);
                    } else {
                        long loaded = Packet.load(packet, offset, 4);
                        if (loaded < 0) {
                            return 0;
                        }
                        a = (int) loaded;
                    }
                }
                case LDX | MSH | B -> {
                    if (k >= length) {
                        return 0;
                    }
                    x = (packet.u8(k) & 15) << 2;
                }
                case MSH_NEGATIVE -> {
                    long loaded = Packet.load(packet, k, 1);
                    if (loaded < 0) {
                        return 0;
                    }
                    x = ((int) loaded & 15) << 2;
                }
                case LD | LEN -> a = packet.wireLength();
                case LDX | LEN -> x = packet.wireLength();
                case LD_EXTENSION -> {
                    long value = packet.extension(step.extension, a, x);
                    if (value < 0) {
                        return value == Packet.NO_DEVICE ? a : 0;
                    }
                    a = (int) value;
                }
                case LD | IMM -> a = k;
                case LDX | IMM -> x = k;
                case LD | MEM -> a = scratch[k];
                case LDX | MEM -> x = scratch[k];
                case ST -> scratch[k] = a;
                case STX -> scratch[k] = x;
                case ALU | ADD | K -> a += k;
                case ALU | SUB | K -> a -= k;
                case ALU | MUL | K -> a *= k;
                case ALU | DIV | K -> a = Integer.divideUnsigned(a, k);
                case ALU | OR | K -> a |= k;
                case ALU | AND | K -> a &= k;
                case ALU | LSH | K -> a <<= k;
                case ALU | RSH | K -> a >>>= k;
                case ALU | MOD | K -> a = Integer.remainderUnsigned(a, k);
                case ALU | XOR | K -> a ^= k;
                case ALU | ADD | X -> a += x;
                case ALU | SUB | X -> a -= x;
                case ALU | MUL | X -> a *= x;
                case ALU | DIV | X -> {
                    if (x == 0) {
                        return 0;
                    }
                    a = Integer.divideUnsigned(a, x);
                }
                case ALU | OR | X -> a |= x;
                case ALU | AND | X -> a &= x;
                case ALU | LSH | X -> a <<= x;
                case ALU | RSH | X -> a >>>= x;
                case ALU | MOD | X -> {
                    if (x == 0) {
                        return 0;
                    }
                    a = Integer.remainderUnsigned(a, x);
                }
                case ALU | XOR | X -> a ^= x;
                case ALU | NEG -> a = -a;
                case JMP | JEQ | X -> {
                    step = a == x ? step.onTrue : step.onFalse;
                    continue;
                }
                case JMP | JGT | X -> {
                    step = Integer.compareUnsigned(a, x) > 0 ? step.onTrue : step.onFalse;
                    continue;
                }
                case JMP | JGE | X -> {
                    step = Integer.compareUnsigned(a, x) >= 0 ? step.onTrue : step.onFalse;
                    continue;
                }
                case JMP | JSET | X -> {
                    step = (a & x) != 0 ? step.onTrue : step.onFalse;
                    continue;
                }
                case RET | A -> {
                    return a;
                }
                case RET | K -> {
                    return k;
                }
                case MISC | TAX -> x = a;
                case MISC | TXA -> a = x;
                case STOP -> {
                    scratch[STATE_A] = a;
                    scratch[STATE_X] = x;
                    scratch[STATE_PC] = k;
                    return 0;
                }
                default -> throw new AssertionError(step.operation);
            }
            // Two loops keep the two branches apart. One loop with a ?: becomes a conditional move, which waits for A
            // where a predicted branch does not. A quarter of the time for tcpdump's "port 22" depends on it.
            do {
                while (step.test(a)) {
                    step = step.onTrue;
                    if (step.operation != NONE) {
                        continue run;
                    }
                }
                step = step.onFalse;
            } while (step.operation == NONE);
        }
    }

    /**
     * An operation and its successors: {@code onTrue} if the test holds for A, {@code onFalse} if not. It does not
     * change after it is linked; {@link #first} is final, which publishes the whole graph to all threads.
     */
    static final class Step {
        final int operation;
        final int k;
        final int size;

        /** What LD_EXTENSION loads; in all other steps LEN, which is loaded by an opcode of its own. */
        final Extension extension;

        /** The test: {@code (A & mask) - from <= span}, unsigned. With all three 0 it always holds. */
        private int mask;

        private int from;
        private int span;

        private Step onTrue;
        private Step onFalse;

        private Step(RawInstruction raw) {
            boolean negative = raw.k() < 0;
            k = raw.k();
            size = raw.code() == (LD | ABS | W) ? 4 : raw.code() == (LD | ABS | H) ? 2 : 1;
            onTrue = this;
            onFalse = this;
            switch (raw.code()) {
                case LD | ABS | W, LD | ABS | H, LD | ABS | B -> {
                    Extension loaded = Extension.atOffset(k);
                    extension = loaded != null ? loaded : Extension.LEN;
                    operation = loaded != null ? LD_EXTENSION : negative ? LD_NEGATIVE : raw.code();
                }
                case LDX | MSH | B -> {
                    extension = Extension.LEN;
                    operation = negative ? MSH_NEGATIVE : raw.code();
                }
                case JMP | JA, JMP | JEQ | K, JMP | JGT | K, JMP | JGE | K, JMP | JSET | K -> {
                    extension = Extension.LEN;
                    operation = NONE;
                }
                default -> {
                    extension = Extension.LEN;
                    operation = raw.code();
                }
            }
        }

        /** The end of a single step whose successor is the instruction at {@code pc}. */
        private Step(int pc) {
            operation = STOP;
            k = pc;
            size = 0;
            extension = Extension.LEN;
            onTrue = this;
            onFalse = this;
        }

        boolean test(int a) {
            return Integer.compareUnsigned((a & mask) - from, span) <= 0;
        }

        /** {@return the first step of the program} Jumps only go forward, so the steps are linked from the last one. */
        static Step link(Program program) {
            Step[] steps = new Step[program.size()];
            for (int pc = steps.length - 1; pc >= 0; pc--) {
                steps[pc] = new Step(program.raw().get(pc));
                steps[pc].connect(program, pc, steps);
            }
            return steps[0];
        }

        /** {@return the instructions as single steps, after each of which the run stops} */
        static Step[] singles(Program program) {
            Step[] stops = new Step[program.size()];
            Arrays.setAll(stops, Step::new);
            Step[] singles = new Step[program.size()];
            for (int pc = 0; pc < singles.length; pc++) {
                singles[pc] = new Step(program.raw().get(pc));
                singles[pc].connect(program, pc, stops);
            }
            return singles;
        }

        private void connect(Program program, int pc, Step[] steps) {
            Instruction instruction = program.instructions().get(pc);
            if (instruction instanceof ConditionalJump jump) {
                Step onTrue = steps[jump.trueTarget(pc)];
                Step onFalse = steps[jump.falseTarget(pc)];
                if (jump instanceof JumpIf constant) {
                    compare(constant, onTrue, onFalse);
                } else {
                    branch(0, 0, 0, onTrue, onFalse);
                }
            } else if (!instruction.isReturn()) {
                follow(steps[instruction.successors(pc).get(0)]);
            }
        }

        private void compare(JumpIf jump, Step onTrue, Step onFalse) {
            int k = jump.val();
            switch (jump.cond()) {
                case JEQ -> branch(-1, k, 0, onTrue, onFalse);
                case JGE -> branch(-1, k, -1 - k, onTrue, onFalse);
                case JGT -> branch(-1, 0, k, onFalse, onTrue);
                case JSET -> branch(k, 0, 0, onFalse, onTrue);
            }
        }

        private void branch(int mask, int from, int span, Step onTrue, Step onFalse) {
            this.mask = mask;
            this.from = from;
            this.span = span;
            this.onTrue = onTrue;
            this.onFalse = onFalse;
        }

        /** Takes over the comparison that follows, or continues at the step that follows. */
        private void follow(Step next) {
            if (next.operation == NONE) {
                branch(next.mask, next.from, next.span, next.onTrue, next.onFalse);
            } else {
                branch(0, 0, 0, next, next);
            }
        }
    }

    /** The M[] of a run, borrowed from the thread, so that a run allocates nothing. */
    private static final class Scratch implements AutoCloseable {
        private static final ThreadLocal<Scratch> OF_THREAD = ThreadLocal.withInitial(Scratch::new);

        final int[] slots = new int[Program.SCRATCH_SLOTS];
        private boolean taken;

        /** A packet may itself run a filter during a run: that run gets other slots. */
        static Scratch take() {
            Scratch scratch = OF_THREAD.get();
            if (scratch.taken) {
                scratch = new Scratch();
            }
            scratch.taken = true;
            return scratch;
        }

        @Override
        public void close() {
            taken = false;
        }
    }
}
