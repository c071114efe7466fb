package io.github.nettybpf.core;

import io.github.nettybpf.core.Instruction.AluX;
import io.github.nettybpf.core.Instruction.ConditionalJump;
import io.github.nettybpf.core.Instruction.JumpIf;
import io.github.nettybpf.core.Instruction.LoadAbsolute;
import io.github.nettybpf.core.Instruction.LoadExtension;
import io.github.nettybpf.core.Instruction.LoadIndirect;
import io.github.nettybpf.core.Instruction.LoadMemShift;
import io.github.nettybpf.core.Instruction.PacketLoad;
import io.github.nettybpf.core.Instruction.ReturnConstant;

/**
 * What a program costs in the kernel after its conversion to eBPF: the size of struct sk_filter and of the converted
 * program, 8 bytes for each eBPF instruction. Fitted with SO_MEMINFO on Linux 6.18, x86-64: every number was seen
 * there.
 */
final class KernelCost {
    private static final int FIXED_BYTES = 96;
    private static final int BYTES_PER_INSTRUCTION = 8;
    private static final int PROLOGUE = 3;
    private static final int PACKET_LOAD_PROLOGUE = 4;

    private KernelCost() {}

    static int of(Program program) {
        int converted = PROLOGUE;
        boolean loads = false;
        for (Instruction instruction : program.instructions()) {
            converted += converted(instruction);
            loads |= instruction instanceof PacketLoad;
        }
        return FIXED_BYTES + BYTES_PER_INSTRUCTION * (converted + (loads ? PACKET_LOAD_PROLOGUE : 0));
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
        int wideConstant = jump instanceof JumpIf constant && constant.val() < 0 ? 1 : 0;
        boolean oneTarget = jump.skipFalse() == 0 || (jump.skipTrue() == 0 && jump.cond() != JumpCondition.JSET);
        return wideConstant + (oneTarget ? 1 : 2);
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
