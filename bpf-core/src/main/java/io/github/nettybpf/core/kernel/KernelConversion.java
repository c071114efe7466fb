package io.github.nettybpf.core.kernel;

import io.github.nettybpf.core.AluOp;
import io.github.nettybpf.core.Extension;
import io.github.nettybpf.core.Instruction;
import io.github.nettybpf.core.Instruction.AluX;
import io.github.nettybpf.core.Instruction.ConditionalJump;
import io.github.nettybpf.core.Instruction.Jump;
import io.github.nettybpf.core.Instruction.JumpIf;
import io.github.nettybpf.core.Instruction.LoadAbsolute;
import io.github.nettybpf.core.Instruction.LoadExtension;
import io.github.nettybpf.core.Instruction.LoadIndirect;
import io.github.nettybpf.core.Instruction.LoadMemShift;
import io.github.nettybpf.core.Instruction.PacketLoad;
import io.github.nettybpf.core.Instruction.ReturnConstant;
import io.github.nettybpf.core.JumpCondition;
import java.util.List;
import java.util.Optional;

/**
 * What becomes of a program when the kernel converts it to eBPF, which it does when the program is attached: where each
 * instruction is in the converted program, what that costs, and whether its jumps still fit.
 *
 * <p>The lengths were fitted with SO_MEMINFO on Linux 6.18, x86-64: every number was seen there. Source of the limits:
 * {@code bpf_convert_filter} in net/core/filter.c of the kernel.
 */
public final class KernelConversion {
    private static final int FIXED_BYTES = 96;
    private static final int BYTES_PER_INSTRUCTION = 8;
    private static final int PROLOGUE = 3;
    private static final int PACKET_LOAD_PROLOGUE = 4;

    /** The offset of a converted jump has 16 bits, signed. */
    private static final int MAX_OFFSET = 0x7fff;

    private final List<Instruction> program;

    /** The position of each instruction in the converted program, and of its end. */
    private final int[] position;

    public KernelConversion(List<Instruction> program) {
        this.program = program;
        position = new int[program.size() + 1];
        boolean loads = program.stream().anyMatch(PacketLoad.class::isInstance);
        position[0] = PROLOGUE + (loads ? PACKET_LOAD_PROLOGUE : 0);
        for (int pc = 0; pc < program.size(); pc++) {
            position[pc + 1] = position[pc] + converted(program.get(pc));
        }
    }

    /** {@return how many bytes struct sk_filter and the converted program take} */
    public int charge() {
        return FIXED_BYTES + BYTES_PER_INSTRUCTION * position[program.size()];
    }

    /** {@return why the kernel cannot convert the program, or empty if it can} */
    public Optional<String> problem() {
        for (int pc = 0; pc < program.size(); pc++) {
            Instruction instruction = program.get(pc);
            String problem = "";
            if (instruction instanceof Jump jump) {
                problem = problem(position[pc], jump.successors(pc).get(0));
            } else if (instruction instanceof ConditionalJump jump) {
                problem = problem(pc, jump);
            }
            if (!problem.isEmpty()) {
                return Optional.of("insn " + pc + ": " + instruction + ": " + problem);
            }
        }
        return Optional.empty();
    }

    /** A conditional jump becomes one to the target that does not follow it, or else two. */
    private String problem(int pc, ConditionalJump jump) {
        int first = position[pc] + wideConstant(jump);
        if (jump.skipFalse() == 0) {
            return problem(first, jump.trueTarget(pc));
        } else if (isOneJump(jump)) {
            return problem(first, jump.falseTarget(pc));
        }
        String problem = problem(first, jump.trueTarget(pc));
        return problem.isEmpty() ? problem(first + 1, jump.falseTarget(pc)) : problem;
    }

    /**
     * The kernel makes two passes. In the first it does not know yet where a target is, takes 0 for its position, and
     * refuses what that makes of the offset.
     */
    private String problem(int at, int target) {
        int distance = position[target] - at - 1;
        if (distance > MAX_OFFSET) {
            return "jumps over " + distance + " instructions of the converted program (expected: <= " + MAX_OFFSET
                    + ")";
        }
        return at > MAX_OFFSET
                ? "is a jump at position " + at + " of the converted program (expected: <= " + MAX_OFFSET + ")"
                : "";
    }

    /** The number of eBPF instructions that this one is converted to. */
    private static int converted(Instruction instruction) {
        if (instruction instanceof LoadAbsolute load) {
            return absolute(load.off(), load.size());
        } else if (instruction instanceof LoadIndirect load) {
            return load.off() == 0 ? 8 : 9;
        } else if (instruction instanceof LoadMemShift load) {
            return absolute(load.off(), 1) + 6;
        } else if (instruction instanceof LoadExtension load) {
            return extension(load.num());
        } else if (instruction instanceof AluX alu) {
            return alu.op() == AluOp.DIV || alu.op() == AluOp.MOD ? 5 : 1;
        } else if (instruction instanceof ConditionalJump jump) {
            return conditional(jump);
        } else if (instruction instanceof ReturnConstant) {
            return 2;
        }
        return 1; // what moves or computes values by one eBPF instruction, ja and ret a
    }

    private static int absolute(int offset, int size) {
        if (offset < 0) {
            return 8;
        }
        int bytes = size == 1 ? 12 : 13;
        int add = offset == 0 ? 0 : 1;
        int farFromStart = offset >= 0x8000 ? 2 : 0;
        return bytes + add + farFromStart;
    }

    private static int conditional(ConditionalJump jump) {
        return wideConstant(jump) + (isOneJump(jump) ? 1 : 2);
    }

    /** {@return 1 if a constant has to be moved to a register first, because eBPF would extend its sign} */
    private static int wideConstant(ConditionalJump jump) {
        return jump instanceof JumpIf constant && constant.val() < 0 ? 1 : 0;
    }

    private static boolean isOneJump(ConditionalJump jump) {
        return jump.skipFalse() == 0 || (jump.skipTrue() == 0 && jump.cond() != JumpCondition.JSET);
    }

    private static int extension(Extension extension) {
        return switch (extension) {
            case LEN, MARK, QUEUE, RXHASH, XOR_X, VLAN_TCI -> 1;
            case PROTO, TYPE, VLAN_TPID -> 2;
            case VLAN_AVAIL -> 3;
            case IFIDX, HATYPE, NLA, NLAN, CPU, POFF, RAND -> 4;
        };
    }
}
