package io.github.nettybpf.core.text;

import io.github.nettybpf.core.AluOp;
import io.github.nettybpf.core.Extension;
import io.github.nettybpf.core.Instruction;
import io.github.nettybpf.core.Instruction.AluConstant;
import io.github.nettybpf.core.Instruction.ConditionalJump;
import io.github.nettybpf.core.Instruction.Jump;
import io.github.nettybpf.core.Instruction.JumpIf;
import io.github.nettybpf.core.Instruction.LoadAbsolute;
import io.github.nettybpf.core.Instruction.LoadConstant;
import io.github.nettybpf.core.Instruction.LoadExtension;
import io.github.nettybpf.core.Instruction.LoadIndirect;
import io.github.nettybpf.core.Instruction.LoadMemShift;
import io.github.nettybpf.core.Instruction.ReturnA;
import io.github.nettybpf.core.Instruction.ReturnConstant;
import io.github.nettybpf.core.JumpCondition;
import java.util.List;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Writes programs as bpf_asm text and as listings of tcpdump. */
public final class Disassembler {
    private Disassembler() {}

    /**
     * {@return the instructions in bpf_asm notation} Instruction 7 has the label {@code l7} if an instruction jumps to
     * it.
     *
     * @param instructions the instructions, which need not be verified
     */
    public static String text(List<Instruction> instructions) {
        NavigableSet<Long> labelled = new TreeSet<>();
        for (int pc = 0; pc < instructions.size(); pc++) {
            markTargets(pc, instructions.get(pc), labelled);
        }
        int margin = labelled.isEmpty() ? 0 : label(labelled.last()).length() + 2;
        StringBuilder text = new StringBuilder();
        for (int pc = 0; pc < instructions.size(); pc++) {
            String label = labelled.contains((long) pc) ? label(pc) + ":" : "";
            text.append(label).append(" ".repeat(margin - label.length()));
            text.append(statement(pc, instructions.get(pc))).append('\n');
        }
        return text.toString();
    }

    /** Marks the targets that {@link #statement} names. */
    private static void markTargets(int pc, Instruction instruction, Set<Long> labelled) {
        if (instruction instanceof Jump jump) {
            labelled.add(target(pc, jump));
        } else if (instruction instanceof ConditionalJump jump) {
            if (jump.skipTrue() != 0 || jump.skipFalse() == 0 || opposite(jump.cond()) == null) {
                labelled.add((long) jump.trueTarget(pc));
            }
            if (jump.skipFalse() != 0) {
                labelled.add((long) jump.falseTarget(pc));
            }
        }
    }

    /** Not {@link Jump#successors}: the target of an unverified jump can be up to 2^32. */
    private static long target(int pc, Jump jump) {
        return pc + 1 + Integer.toUnsignedLong(jump.skip());
    }

    /** {@return the mnemonic of the opposite condition, or null if the notation has none} */
    private static @Nullable String opposite(JumpCondition condition) {
        return switch (condition) {
            case JEQ -> "jneq";
            case JGT -> "jle";
            case JGE -> "jlt";
            case JSET -> null;
        };
    }

    private static String label(long pc) {
        return "l" + pc;
    }

    private static String statement(int pc, Instruction instruction) {
        if (instruction instanceof Jump jump) {
            return "ja " + label(target(pc, jump));
        } else if (instruction instanceof ConditionalJump jump) {
            return branch(pc, jump);
        }
        return instruction.toString();
    }

    /** Names only targets that are not the next instruction, if the notation has a form for that. */
    private static String branch(int pc, ConditionalJump jump) {
        String onTrue = label(jump.trueTarget(pc));
        String onFalse = label(jump.falseTarget(pc));
        String opposite = opposite(jump.cond());
        if (jump.skipFalse() == 0) {
            return jump.mnemonic() + " " + operand(jump) + ", " + onTrue;
        } else if (jump.skipTrue() == 0 && opposite != null) {
            return opposite + " " + operand(jump) + ", " + onFalse;
        }
        return jump.mnemonic() + " " + operand(jump) + ", " + onTrue + ", " + onFalse;
    }

    private static String operand(ConditionalJump jump) {
        return jump instanceof JumpIf constant ? hex(constant.val()) : "x";
    }

    /**
     * {@return the listing of {@code tcpdump -d}: every instruction with its number, conditional jumps with both
     * targets} It is that of libpcap 1.10 byte for byte, blanks at the ends of lines included; libpcap has no text for
     * {@code ldx len}.
     *
     * @param instructions the instructions, which need not be verified
     */
    public static String listing(List<Instruction> instructions) {
        StringBuilder text = new StringBuilder();
        for (int pc = 0; pc < instructions.size(); pc++) {
            Instruction instruction = instructions.get(pc);
            text.append(String.format("(%03d) %-8s ", pc, instruction.mnemonic()));
            if (instruction instanceof ConditionalJump jump) {
                text.append(
                        String.format("%-16s jt %d\tjf %d", operand(jump), jump.trueTarget(pc), jump.falseTarget(pc)));
            } else {
                text.append(listedOperand(pc, instruction));
            }
            text.append('\n');
        }
        return text.toString();
    }

    /** Offsets, and the operands of arithmetic and of returns, are signed. */
    private static String listedOperand(int pc, Instruction instruction) {
        if (instruction instanceof Jump jump) {
            return Integer.toString(pc + 1 + jump.skip());
        } else if (instruction instanceof LoadExtension load) {
            return load.num() == Extension.LEN ? "#pktlen" : "[" + Listing.name(load.num()) + "]";
        } else if (instruction instanceof LoadConstant load) {
            return hex(load.val());
        } else if (instruction instanceof AluConstant alu) {
            boolean isBitwise = alu.op() == AluOp.AND || alu.op() == AluOp.OR || alu.op() == AluOp.XOR;
            return isBitwise ? hex(alu.val()) : "#" + alu.val();
        } else if (instruction instanceof ReturnConstant ret) {
            return "#" + ret.val();
        } else if (instruction instanceof ReturnA) {
            return "";
        } else if (instruction instanceof LoadAbsolute load) {
            return "[" + load.off() + "]";
        } else if (instruction instanceof LoadIndirect load) {
            return "[x + " + load.off() + "]";
        } else if (instruction instanceof LoadMemShift load) {
            return "4*([" + load.off() + "]&0xf)";
        }
        // The operands of all others are those of bpf_asm.
        String[] words = instruction.toString().split(" ", 2);
        return words.length == 1 ? "" : words[1];
    }

    private static String hex(int value) {
        return String.format("#0x%x", value);
    }
}
