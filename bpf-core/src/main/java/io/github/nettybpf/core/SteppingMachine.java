package io.github.nettybpf.core;

import io.github.nettybpf.core.Instruction.AluX;
import io.github.nettybpf.core.Instruction.LoadExtension;
import io.github.nettybpf.core.Instruction.PacketLoad;
import io.github.nettybpf.core.Instruction.StoreScratch;
import java.util.Arrays;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Runs a program one instruction at a time, forwards and backwards, for debuggers and for explaining a verdict. Each
 * step is executed by the interpreter itself, so that the result is that of {@link Filter#interpret}.
 *
 * <p>At the start A, X and M[] are 0. Jumps only go forward, so a packet visits an instruction at most once. Not safe
 * for use by several threads.
 */
public final class SteppingMachine {
    private static final int SAVED = 4;

    private final Program program;
    private final Interpreter.Step[] steps;
    private final long[] visits;

    /** M[], A, X and the pc: see {@link Interpreter#step}. */
    private final int[] state = new int[Interpreter.STATE_SIZE];

    /** For each step: the pc, A and X before it, and the previous value of the scratch slot that it wrote. */
    private int[] history = new int[SAVED * 16];

    private int done;
    private Packet packet;
    private @Nullable End end;

    /**
     * Starts at the first instruction.
     *
     * @param program the program
     * @param packet the packet, which may be changed between two steps: loads read its current bytes
     */
    public SteppingMachine(Program program, Packet packet) {
        this.program = program;
        this.packet = packet;
        steps = Interpreter.Step.singles(program);
        visits = new long[program.size()];
    }

    /**
     * Starts again at the first instruction, with another packet. Steps can no longer be taken back; visits are kept.
     *
     * @param next the packet
     */
    public void restart(Packet next) {
        packet = next;
        done = 0;
        end = null;
        Arrays.fill(state, 0);
    }

    /** {@return the program} */
    public Program program() {
        return program;
    }

    /** {@return the packet} */
    public Packet packet() {
        return packet;
    }

    /** {@return the index of the next instruction, or of the one that ended the program} */
    public int pc() {
        return state[Interpreter.STATE_PC];
    }

    /** {@return A, unsigned} */
    public int a() {
        return state[Interpreter.STATE_A];
    }

    /** {@return X, unsigned} */
    public int x() {
        return state[Interpreter.STATE_X];
    }

    /**
     * {@return the value of a scratch slot, unsigned}
     *
     * @param slot 0..15
     * @throws IndexOutOfBoundsException if the slot is not 0..15
     */
    public int m(int slot) {
        return state[Objects.checkIndex(slot, Program.SCRATCH_SLOTS)];
    }

    /** {@return the number of instructions that were executed, including the one that ended the program} */
    public int steps() {
        return done;
    }

    /** {@return how and where the program ended, or empty if it has not ended} */
    public Optional<End> end() {
        return Optional.ofNullable(end);
    }

    /**
     * {@return how often the instruction was executed, for all packets since this machine was made} Steps that were
     * taken back do not count.
     *
     * @param pc the index of the instruction
     * @throws IndexOutOfBoundsException if the program has no such instruction
     */
    public long visits(int pc) {
        return visits[Objects.checkIndex(pc, visits.length)];
    }

    /**
     * Executes the next instruction.
     *
     * @return false if the program has ended, and nothing was executed
     */
    public boolean step() {
        if (end != null) {
            return false;
        }
        int pc = pc();
        save(pc);
        int verdict = Interpreter.step(steps[pc], packet, state);
        visits[pc]++;
        if (pc() == Interpreter.ENDED) {
            state[Interpreter.STATE_PC] = pc;
            end = ended(verdict);
        }
        return true;
    }

    /**
     * Takes the last step back.
     *
     * @return false if there is none
     */
    public boolean stepBack() {
        if (done == 0) {
            return false;
        }
        done--;
        int at = done * SAVED;
        int pc = history[at];
        state[Interpreter.STATE_PC] = pc;
        state[Interpreter.STATE_A] = history[at + 1];
        state[Interpreter.STATE_X] = history[at + 2];
        if (program.instructions().get(pc) instanceof StoreScratch store) {
            state[store.n()] = history[at + 3];
        }
        visits[pc]--;
        end = null;
        return true;
    }

    /**
     * Runs to the end of the program.
     *
     * @return how the program ended
     */
    public End run() {
        while (step()) {
            // On to the end.
        }
        return Objects.requireNonNull(end);
    }

    /**
     * Runs until the breakpoint matches, which is tested before each instruction, also before the current one, or to
     * the end.
     *
     * @param breakpoint whether to stop before the next instruction of this machine
     * @return whether the breakpoint matched; false if the program ended
     */
    public boolean runTo(Predicate<SteppingMachine> breakpoint) {
        while (end == null) {
            if (breakpoint.test(this)) {
                return true;
            }
            step();
        }
        return false;
    }

    private void save(int pc) {
        int at = done * SAVED;
        if (at == history.length) {
            history = Arrays.copyOf(history, 2 * at);
        }
        history[at] = pc;
        history[at + 1] = a();
        history[at + 2] = x();
        if (program.instructions().get(pc) instanceof StoreScratch store) {
            history[at + 3] = state[store.n()];
        }
        done++;
    }

    /** The instruction that ended the program has changed no register, so that A and X still tell why it did. */
    private End ended(int verdict) {
        Instruction last = program.instructions().get(pc());
        if (last.isReturn()) {
            return new End(Cause.RETURNED, pc(), verdict, 0);
        } else if (last instanceof PacketLoad load) {
            int offset = load.off() + (load.reads().contains(Register.X) ? x() : 0);
            return new End(Cause.OUT_OF_BOUNDS, pc(), verdict, offset);
        } else if (last instanceof AluX) {
            return new End(Cause.DIVISION_BY_ZERO, pc(), verdict, 0);
        } else if (last instanceof LoadExtension load) {
            boolean asksDevice = packet.extension(load.num(), a(), x()) == Packet.NO_DEVICE;
            return new End(asksDevice ? Cause.NO_DEVICE : Cause.NOT_KNOWN, pc(), verdict, 0);
        }
        throw new AssertionError(last);
    }

    /** Why a program ended. */
    public enum Cause {
        /** A return. */
        RETURNED,
        /** A load outside the packet; the verdict is 0. */
        OUT_OF_BOUNDS,
        /** A division or modulo by X = 0; the verdict is 0. */
        DIVISION_BY_ZERO,
        /** An extension that the packet does not know; the verdict is 0. */
        NOT_KNOWN,
        /** An extension of the network interface, without one; the verdict is A. */
        NO_DEVICE
    }

    /**
     * How a program ended.
     *
     * @param cause why
     * @param pc the index of the instruction that ended it
     * @param verdict the verdict, unsigned
     * @param offset the offset of the load, X included, unsigned ({@link OffsetBase#of} tells what it counts from); 0
     *     if the cause is not {@link Cause#OUT_OF_BOUNDS}
     */
    public record End(Cause cause, int pc, int verdict, int offset) {}
}
