package io.github.nettybpf.core.compile;

import static io.github.nettybpf.core.compile.Registers.bit;

import io.github.nettybpf.core.AluOp;
import io.github.nettybpf.core.Extension;
import io.github.nettybpf.core.Instruction;
import io.github.nettybpf.core.Instruction.AluConstant;
import io.github.nettybpf.core.Instruction.ConditionalJump;
import io.github.nettybpf.core.Instruction.Jump;
import io.github.nettybpf.core.Instruction.JumpIf;
import io.github.nettybpf.core.Instruction.LoadAbsolute;
import io.github.nettybpf.core.Instruction.LoadExtension;
import io.github.nettybpf.core.Instruction.LoadIndirect;
import io.github.nettybpf.core.Instruction.LoadMemShift;
import io.github.nettybpf.core.Instruction.PacketLoad;
import io.github.nettybpf.core.Instruction.ReturnConstant;
import io.github.nettybpf.core.Register;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Facts about the control flow of a program: jump-threaded targets, in-degrees, live registers and the minimum length
 * of a packet. Jumps only go forward, so one pass from the end finds what follows each instruction.
 *
 * <p>An instruction of which {@link #drops} holds leads to verdict 0 for every packet; it stands for all that follows
 * it.
 */
final class ControlFlow {
    private static final long DROPS = Long.MAX_VALUE;

    private final List<Instruction> program;

    /** The instruction that is executed in place of this one: jumps are threaded, equal returns are one. */
    private final int[] threaded;

    /** From this instruction on, a shorter packet gets verdict 0; {@link #DROPS} if every packet does. */
    private final long[] minimumLength;

    private final List<List<Integer>> successors = new ArrayList<>();
    private final int[] live;
    private final int[] inDegree;

    /** How many low bits of A are known to be 0; null until it is asked for. */
    private int @Nullable [] trailingZeros;

    private final SwitchFinder switchFinder;
    private final Map<Integer, Optional<RecoveredSwitch>> switches = new HashMap<>();
    private final Map<Integer, Integer> returns = new HashMap<>();

    ControlFlow(List<Instruction> program) {
        this.program = program;
        int size = program.size();
        threaded = new int[size];
        minimumLength = new long[size];
        live = new int[size];
        for (int pc = size - 1; pc >= 0; pc--) {
            threaded[pc] = pc;
            lookBack(pc, program.get(pc));
            if (drops(pc)) {
                threaded[pc] = representative(0, pc);
            }
        }
        for (int pc = 0; pc < size; pc++) {
            successors.add(threadedSuccessors(pc));
        }
        inDegree = countInDegrees();
        switchFinder = new SwitchFinder(this);
    }

    Instruction instruction(int pc) {
        return program.get(pc);
    }

    int size() {
        return program.size();
    }

    /** {@return the first instruction that is executed} */
    int start() {
        return threaded[0];
    }

    /** {@return the jump-threaded target: the instruction that is executed when a jump leads to this one} */
    int threaded(int pc) {
        return threaded[pc];
    }

    /** {@return whether the verdict is 0 from here on, for every packet} */
    boolean drops(int pc) {
        return minimumLength[pc] == DROPS;
    }

    /** {@return from how many edges the instruction is reached} */
    int inDegree(int pc) {
        return inDegree[pc];
    }

    /** {@return the minimum length: a shorter packet gets verdict 0 from here on} */
    long minimumLength(int pc) {
        return minimumLength[pc];
    }

    /** {@return whether the instruction ends the program} */
    boolean isReturn(int pc) {
        return program.get(pc).isReturn();
    }

    /** {@return the live registers: those whose values are used by the instruction or after it} */
    int live(int pc) {
        return live[pc];
    }

    /** {@return the end of the bytes that a load at a fixed offset of the packet reads, 0 for other instructions} */
    static long reach(Instruction instruction) {
        boolean isFixed = instruction instanceof LoadAbsolute || instruction instanceof LoadMemShift;
        return isFixed && instruction instanceof PacketLoad load && load.off() >= 0
                ? (long) load.off() + load.size()
                : 0;
    }

    private void lookBack(int pc, Instruction instruction) {
        for (int successor : instruction.successors(pc)) {
            live[pc] |= live[successor];
        }
        live[pc] = (live[pc] & ~instruction.writes().bits()) | reads(instruction);
        if (instruction instanceof Jump jump) {
            threaded[pc] = threaded[jump.successors(pc).get(0)];
            minimumLength[pc] = minimumLength[threaded[pc]];
        } else if (instruction instanceof ConditionalJump jump) {
            minimumLength[pc] = Math.min(minimumLength[jump.trueTarget(pc)], minimumLength[jump.falseTarget(pc)]);
        } else if (instruction instanceof ReturnConstant ret) {
            minimumLength[pc] = ret.val() == 0 ? DROPS : 0;
            threaded[pc] = representative(ret.val(), pc);
        } else if (!instruction.isReturn()) {
            long least = Math.max(reach(instruction), minimumLength[pc + 1]);
            // Loads that ask the packet for more than its bytes are executed even if the packet is too short for a
            // later
            // load: the packet may take note of what it is asked for.
            minimumLength[pc] = asksPacket(instruction) ? 0 : least > Integer.MAX_VALUE ? DROPS : least;
        }
    }

    /** {@return the one instruction that stands for all that end the program with this verdict} */
    private int representative(int verdict, int pc) {
        Integer known = returns.putIfAbsent(verdict, pc);
        return known == null ? pc : known;
    }

    private static boolean asksPacket(Instruction instruction) {
        return asksExtension(instruction)
                || instruction instanceof LoadIndirect
                || (instruction instanceof PacketLoad load && load.off() < 0);
    }

    private static boolean asksExtension(Instruction instruction) {
        return instruction instanceof LoadExtension load && load.num() != Extension.LEN;
    }

    /** {@return what the instruction reads} A packet is told A and X whenever it is asked for an extension. */
    private static int reads(Instruction instruction) {
        int reads = instruction.reads().bits();
        return asksExtension(instruction) ? reads | bit(Registers.A) | bit(Registers.X) : reads;
    }

    /** {@return the registers that are live before the instruction or written by it} */
    int touched(int pc) {
        return live[pc] | program.get(pc).writes().bits();
    }

    private List<Integer> threadedSuccessors(int pc) {
        Instruction instruction = program.get(pc);
        if (instruction instanceof ConditionalJump jump) {
            return List.of(threaded[jump.trueTarget(pc)], threaded[jump.falseTarget(pc)]);
        }
        List<Integer> next = instruction.successors(pc);
        return next.isEmpty() ? next : List.of(threaded[next.get(0)]);
    }

    private int[] countInDegrees() {
        int[] degrees = new int[program.size()];
        degrees[start()] = 1;
        for (int pc = 0; pc < degrees.length; pc++) {
            if (degrees[pc] > 0 && !drops(pc)) {
                for (int successor : successors(pc)) {
                    degrees[successor]++;
                }
            }
        }
        return degrees;
    }

    private int[] countTrailingZeros() {
        int[] zeros = new int[program.size()];
        Arrays.fill(zeros, Integer.SIZE);
        for (int pc = 0; pc < zeros.length; pc++) {
            if (inDegree[pc] > 0 && !drops(pc)) {
                int after = trailingZerosAfter(program.get(pc), zeros[pc]);
                for (int successor : successors(pc)) {
                    zeros[successor] = Math.min(zeros[successor], after);
                }
            }
        }
        return zeros;
    }

    private static int trailingZerosAfter(Instruction instruction, int zeros) {
        if (instruction instanceof AluConstant alu && alu.op() == AluOp.AND) {
            return Math.max(zeros, Integer.numberOfTrailingZeros(alu.val()));
        }
        return instruction.writes().contains(Register.A) ? 0 : zeros;
    }

    /** {@return how many low bits of A are known to be 0 before the instruction} */
    int trailingZeros(int pc) {
        if (trailingZeros == null) {
            trailingZeros = countTrailingZeros();
        }
        return trailingZeros[pc];
    }

    /** {@return the switch that starts at the instruction, or null if none does} */
    @Nullable
    RecoveredSwitch switchAt(int head) {
        if (!(program.get(head) instanceof JumpIf)) {
            return null;
        }
        return switches.computeIfAbsent(head, pc -> Optional.ofNullable(switchFinder.find(pc)))
                .orElse(null);
    }

    /** {@return how many comparisons were looked at to find switches, which bounds the work} */
    long steps() {
        return switchFinder.steps();
    }

    /** {@return the successors of the instruction, jump-threaded} */
    List<Integer> successors(int pc) {
        return successors.get(pc);
    }
}
