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
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What holds of a program, whichever way it is written. Jumps only go forward, so one pass from the end finds what lies
 * behind each instruction.
 *
 * <p>An instruction of which {@link #drops} holds gives verdict 0 whatever comes; it stands for all that is behind it.
 */
final class Flow {
    private static final long DROPS = Long.MAX_VALUE;

    private final List<Instruction> program;

    /** Behind unconditional jumps: where execution really goes on. */
    private final int[] landing;

    /** With fewer bytes than that the verdict is 0 from here on; more than a packet can have if it is 0 anyway. */
    private final long[] need;

    private final int[] live;
    private final int[] entries;

    /** That many of A's last bits are certainly 0; found when first asked for. */
    private int @Nullable [] zeros;

    private final ChoiceFinder choiceFinder;
    private final Map<Integer, Optional<Choice>> choices = new HashMap<>();
    private final Map<Integer, Integer> returns = new HashMap<>();

    Flow(List<Instruction> program) {
        this.program = program;
        int size = program.size();
        landing = new int[size];
        need = new long[size];
        live = new int[size];
        for (int pc = size - 1; pc >= 0; pc--) {
            landing[pc] = pc;
            lookBack(pc, program.get(pc));
            if (drops(pc)) {
                landing[pc] = representative(0, pc);
            }
        }
        entries = countEntries();
        choiceFinder = new ChoiceFinder(this);
    }

    Instruction instruction(int pc) {
        return program.get(pc);
    }

    int size() {
        return program.size();
    }

    /** {@return where the program starts} */
    int start() {
        return landing[0];
    }

    /** {@return where execution goes on when it comes to this instruction} */
    int landing(int pc) {
        return landing[pc];
    }

    /** {@return whether the verdict is 0 from here on} */
    boolean drops(int pc) {
        return need[pc] == DROPS;
    }

    /** {@return from how many places the instruction can be come to} */
    int entries(int pc) {
        return entries[pc];
    }

    /** {@return with fewer bytes than that the verdict is 0 from here on} */
    long need(int pc) {
        return need[pc];
    }

    /** {@return whether the instruction ends the program} */
    boolean isEnd(int pc) {
        return program.get(pc).isReturn();
    }

    /** {@return the registers whose values matter from the instruction on} */
    int live(int pc) {
        return live[pc];
    }

    /** {@return the end of what a load at a fixed offset of the packet looks at, 0 for all else} */
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
            landing[pc] = landing[jump.successors(pc).get(0)];
            need[pc] = need[landing[pc]];
        } else if (instruction instanceof ConditionalJump jump) {
            need[pc] = Math.min(need[jump.trueTarget(pc)], need[jump.falseTarget(pc)]);
        } else if (instruction instanceof ReturnConstant ret) {
            need[pc] = ret.val() == 0 ? DROPS : 0;
            landing[pc] = representative(ret.val(), pc);
        } else if (!instruction.isReturn()) {
            long least = Math.max(reach(instruction), need[pc + 1]);
            // What is not in the packet itself is asked for even where that will prove too short: somebody may take
            // note.
            need[pc] = asksPacket(instruction) ? 0 : least > Integer.MAX_VALUE ? DROPS : least;
        }
    }

    /** {@return one and the same place for all that end with this verdict} */
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

    /** {@return the registers that the instruction, or what follows it, reads or writes} */
    int touches(int pc) {
        return live[pc] | program.get(pc).writes().bits();
    }

    /** {@return from how many places each instruction can be come to} */
    private int[] countEntries() {
        int[] entries = new int[program.size()];
        entries[start()] = 1;
        for (int pc = 0; pc < entries.length; pc++) {
            if (entries[pc] > 0 && !drops(pc)) {
                for (int successor : edges(pc)) {
                    entries[successor]++;
                }
            }
        }
        return entries;
    }

    private int[] countZeros() {
        int[] zeros = new int[program.size()];
        Arrays.fill(zeros, Integer.SIZE);
        for (int pc = 0; pc < zeros.length; pc++) {
            if (entries[pc] > 0 && !drops(pc)) {
                int behind = zerosBehind(program.get(pc), zeros[pc]);
                for (int successor : edges(pc)) {
                    zeros[successor] = Math.min(zeros[successor], behind);
                }
            }
        }
        return zeros;
    }

    private static int zerosBehind(Instruction instruction, int zeros) {
        if (instruction instanceof AluConstant alu && alu.op() == AluOp.AND) {
            return Math.max(zeros, Integer.numberOfTrailingZeros(alu.val()));
        }
        return instruction.writes().contains(Register.A) ? 0 : zeros;
    }

    /** {@return how many of A's last bits are certainly 0 before the instruction} */
    int zeros(int pc) {
        if (zeros == null) {
            zeros = countZeros();
        }
        return zeros[pc];
    }

    /** {@return the choice that begins at the instruction}, or null if there is none to speak of */
    @Nullable
    Choice choiceFrom(int head) {
        if (!(program.get(head) instanceof JumpIf)) {
            return null;
        }
        return choices.computeIfAbsent(head, pc -> Optional.ofNullable(choiceFinder.find(pc)))
                .orElse(null);
    }

    /** {@return where execution can go on behind the instruction} */
    List<Integer> edges(int pc) {
        return program.get(pc).successors(pc).stream()
                .map(successor -> landing[successor])
                .toList();
    }
}
