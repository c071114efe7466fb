package io.github.nettybpf.netty.code;

import io.github.nettybpf.core.AluOp;
import io.github.nettybpf.core.Extension;
import io.github.nettybpf.core.Instruction;
import io.github.nettybpf.core.Instruction.AluConstant;
import io.github.nettybpf.core.Instruction.ConditionalJump;
import io.github.nettybpf.core.Instruction.Jump;
import io.github.nettybpf.core.Instruction.JumpIf;
import io.github.nettybpf.core.Instruction.JumpIfX;
import io.github.nettybpf.core.Instruction.LoadAbsolute;
import io.github.nettybpf.core.Instruction.LoadExtension;
import io.github.nettybpf.core.Instruction.LoadIndirect;
import io.github.nettybpf.core.Instruction.LoadMemShift;
import io.github.nettybpf.core.Instruction.LoadScratch;
import io.github.nettybpf.core.Instruction.ReturnA;
import io.github.nettybpf.core.Instruction.ReturnConstant;
import io.github.nettybpf.core.Instruction.StoreScratch;
import io.github.nettybpf.core.Instruction.Tax;
import io.github.nettybpf.core.JumpCondition;
import io.github.nettybpf.core.OffsetBase;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.core.Register;
import io.github.nettybpf.core.VerificationException;
import io.github.nettybpf.netty.headers.UdpHeaderReads;
import java.util.ArrayList;
import java.util.List;

/**
 * Moves a program that counts from the payload to a socket that counts from the UDP header, 8 bytes before: offsets and
 * verdicts grow by 8, lengths shrink by 8.
 */
public final class UdpRelocation {
    private static final int HEADER = UdpHeaderReads.UDP_HEADER;

    /** Loads that could reach beyond this would come to mean something else 8 bytes further on. */
    private static final long HIGHEST_REACH = Integer.MAX_VALUE - 64L;

    private final Program program;
    private final List<Instruction> moved = new ArrayList<>();

    /** Where each instruction of the program went; behind the last, what {@code ret a} becomes. */
    private final int[] places;

    private UdpRelocation(Program program) {
        this.program = program;
        this.places = new int[program.size() + 1];
    }

    /**
     * {@return the moved program}
     *
     * @throws IllegalArgumentException if the program cannot be moved, with what stands in the way
     */
    public static Program of(Program program) {
        requireMovable(program);
        try {
            return new UdpRelocation(program).moved();
        } catch (VerificationException e) {
            throw notMovable("on a UDP socket the program would break a rule: " + e.getMessage());
        }
    }

    private static void requireMovable(Program program) {
        for (Extension extension : List.of(Extension.NLA, Extension.NLAN, Extension.POFF)) {
            if (program.firstReading(extension).isPresent()) {
                throw notMovable("insn " + program.firstReading(extension).getAsInt()
                        + ": the offsets that this extension gives cannot be moved behind a UDP header");
            }
        }
        for (OffsetBase window : List.of(OffsetBase.NETWORK, OffsetBase.LINK_LAYER)) {
            if (program.firstReading(window).isPresent()) {
                throw notMovable("insn " + program.firstReading(window).getAsInt()
                        + ": the load may leave the payload for the headers before it");
            }
        }
        if (program.reach().isEmpty() || program.reach().getAsLong() > HIGHEST_REACH) {
            throw notMovable("a load can go to any offset");
        }
    }

    private static IllegalArgumentException notMovable(String why) {
        return new IllegalArgumentException(why);
    }

    private Program moved() {
        List<Instruction> instructions = program.instructions();
        List<Integer> jumps = new ArrayList<>();
        for (int pc = 0; pc < instructions.size(); pc++) {
            places[pc] = moved.size();
            Instruction instruction = instructions.get(pc);
            if (instruction instanceof Jump
                    || instruction instanceof ConditionalJump
                    || instruction instanceof ReturnA) {
                jumps.add(pc);
                moved.add(instruction);
            } else {
                move(instruction);
            }
        }
        places[instructions.size()] = moved.size();
        if (instructions.stream().anyMatch(ReturnA.class::isInstance)) {
            addSaturatingReturn();
        }
        jumps.forEach(this::link);
        return Program.of(moved);
    }

    private void move(Instruction instruction) {
        if (instruction instanceof LoadAbsolute load && load.off() >= 0) {
            moved.add(new LoadAbsolute(load.off() + HEADER, load.size()));
        } else if (instruction instanceof LoadIndirect load) {
            moved.add(new LoadIndirect(load.off() + HEADER, load.size()));
        } else if (instruction instanceof LoadMemShift load && load.off() >= 0) {
            moved.add(new LoadMemShift(load.off() + HEADER));
        } else if (instruction instanceof LoadExtension load && load.num() == Extension.LEN) {
            moveLength(load);
        } else if (instruction instanceof ReturnConstant ret && ret.val() != 0) {
            boolean saturates = Integer.compareUnsigned(ret.val(), -1 - HEADER) > 0;
            moved.add(new ReturnConstant(saturates ? -1 : ret.val() + HEADER));
        } else {
            moved.add(instruction);
        }
    }

    private void moveLength(LoadExtension load) {
        if (load.dst() == Register.A) {
            moved.add(load);
            moved.add(new AluConstant(AluOp.SUB, HEADER));
            return;
        }
        int slot = freeSlot();
        moved.add(new StoreScratch(Register.A, slot));
        moved.add(new LoadExtension(Extension.LEN));
        moved.add(new AluConstant(AluOp.SUB, HEADER));
        moved.add(new Tax());
        moved.add(new LoadScratch(Register.A, slot));
    }

    private int freeSlot() {
        for (int slot = 0; slot < Program.SCRATCH_SLOTS; slot++) {
            int wanted = slot;
            if (program.instructions().stream()
                    .noneMatch(i -> i.reads().union(i.writes()).containsScratch(wanted))) {
                return slot;
            }
        }
        throw notMovable("ldx len needs a scratch slot, and the program uses all 16");
    }

    /** The verdict in A, 8 more unless it is 0, and no more than there can be. */
    private void addSaturatingReturn() {
        moved.add(new JumpIf(JumpCondition.JEQ, 0, 2, 0)); // to ret a: 0
        moved.add(new JumpIf(JumpCondition.JGE, -HEADER, 2, 0)); // to ret #-1
        moved.add(new AluConstant(AluOp.ADD, HEADER));
        moved.add(new ReturnA());
        moved.add(new ReturnConstant(-1));
    }

    private void link(int pc) {
        Instruction instruction = program.instructions().get(pc);
        int at = places[pc];
        if (instruction instanceof ReturnA) {
            moved.set(at, new Jump(places[program.size()] - at - 1));
        } else if (instruction instanceof Jump jump) {
            moved.set(at, new Jump(skip(pc, jump.successors(pc).get(0))));
        } else if (instruction instanceof ConditionalJump jump) {
            int skipTrue = shortSkip(pc, jump.trueTarget(pc));
            int skipFalse = shortSkip(pc, jump.falseTarget(pc));
            moved.set(
                    at,
                    jump instanceof JumpIf constant
                            ? new JumpIf(jump.cond(), constant.val(), skipTrue, skipFalse)
                            : new JumpIfX(jump.cond(), skipTrue, skipFalse));
        } else {
            throw new AssertionError(instruction);
        }
    }

    private int skip(int pc, int target) {
        return places[target] - places[pc] - 1;
    }

    private int shortSkip(int pc, int target) {
        int moved = skip(pc, target);
        if (moved > 255) {
            throw notMovable("insn " + pc + ": on a UDP socket the jump would skip " + moved
                    + " instructions (expected: at most 255)");
        }
        return moved;
    }
}
