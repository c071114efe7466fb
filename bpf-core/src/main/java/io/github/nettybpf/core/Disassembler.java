package io.github.nettybpf.core;

import static io.github.nettybpf.core.Opcodes.loadMnemonic;

import io.github.nettybpf.core.Instruction.AluConstant;
import io.github.nettybpf.core.Instruction.Jump;
import io.github.nettybpf.core.Instruction.JumpIf;
import io.github.nettybpf.core.Instruction.JumpIfX;
import io.github.nettybpf.core.Instruction.LoadConstant;
import io.github.nettybpf.core.Instruction.LoadExtension;
import io.github.nettybpf.core.Instruction.ReturnA;
import java.util.List;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeSet;

/** Writes programs for people: as bpf_asm text, and as tcpdump lists them. */
final class Disassembler {
    private Disassembler() {}

    /** {@return the program in bpf_asm notation}; instruction 7 is labelled {@code l7} if something jumps to it. */
    static String text(List<Instruction> instructions) {
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

    private static void markTargets(int pc, Instruction instruction, Set<Long> labelled) {
        if (instruction instanceof Jump jump) {
            labelled.add(target(pc, jump.skip()));
        } else if (instruction instanceof JumpIf jump) {
            markTargets(
                    pc, jump.skipTrue(), jump.skipFalse(), !jump.cond().opposite.isEmpty(), labelled);
        } else if (instruction instanceof JumpIfX jump) {
            markTargets(
                    pc, jump.skipTrue(), jump.skipFalse(), !jump.cond().opposite.isEmpty(), labelled);
        }
    }

    private static void markTargets(int pc, int skipTrue, int skipFalse, boolean hasOpposite, Set<Long> labelled) {
        if (skipTrue != 0 || skipFalse == 0 || !hasOpposite) {
            labelled.add(target(pc, skipTrue));
        }
        if (skipFalse != 0) {
            labelled.add(target(pc, skipFalse));
        }
    }

    /** Unsigned: what is no program may jump anywhere. */
    private static long target(int pc, int skip) {
        return pc + 1 + Integer.toUnsignedLong(skip);
    }

    private static String label(long pc) {
        return "l" + pc;
    }

    private static String statement(int pc, Instruction instruction) {
        if (instruction instanceof Jump jump) {
            return "ja " + label(target(pc, jump.skip()));
        } else if (instruction instanceof JumpIf jump) {
            return branch(pc, jump.cond(), hex(jump.val()), jump.skipTrue(), jump.skipFalse());
        } else if (instruction instanceof JumpIfX jump) {
            return branch(pc, jump.cond(), "x", jump.skipTrue(), jump.skipFalse());
        }
        return instruction.toString();
    }

    /** Names only the targets that are not the next instruction, where the notation has a form for that. */
    private static String branch(int pc, JumpCondition test, String operand, int skipTrue, int skipFalse) {
        String onTrue = label(pc + 1 + skipTrue);
        String onFalse = label(pc + 1 + skipFalse);
        if (skipFalse == 0) {
            return test.mnemonic() + " " + operand + ", " + onTrue;
        } else if (skipTrue == 0 && !test.opposite.isEmpty()) {
            return test.opposite + " " + operand + ", " + onFalse;
        }
        return test.mnemonic() + " " + operand + ", " + onTrue + ", " + onFalse;
    }

    /** {@return the program as {@code tcpdump -d} lists it}: every instruction with its number, jumps with both targets. */
    static String listing(List<Instruction> instructions) {
        StringBuilder text = new StringBuilder();
        for (int pc = 0; pc < instructions.size(); pc++) {
            text.append(listed(pc, instructions.get(pc)).stripTrailing()).append('\n');
        }
        return text.toString();
    }

    private static String listed(int pc, Instruction instruction) {
        if (instruction instanceof Jump jump) {
            return row(pc, "ja", Long.toString(target(pc, jump.skip())));
        } else if (instruction instanceof JumpIf jump) {
            return row(pc, jump.cond().mnemonic(), hex(jump.val())) + targets(pc, jump.skipTrue(), jump.skipFalse());
        } else if (instruction instanceof JumpIfX jump) {
            return row(pc, jump.cond().mnemonic(), "x") + targets(pc, jump.skipTrue(), jump.skipFalse());
        } else if (instruction instanceof LoadExtension load) {
            boolean length = load.num() == Extension.LEN;
            String mnemonic = load.dst() == Register.X ? "ldx" : loadMnemonic(load.size());
            return row(pc, mnemonic, length ? "#pktlen" : "[" + Listing.name(load.num()) + "]");
        } else if (instruction instanceof LoadConstant load) {
            return row(pc, load.dst() == Register.A ? "ld" : "ldx", hex(load.val()));
        } else if (instruction instanceof AluConstant alu
                && (alu.op() == AluOp.AND || alu.op() == AluOp.OR || alu.op() == AluOp.XOR)) {
            return row(pc, alu.op().mnemonic(), hex(alu.val()));
        }
        if (instruction instanceof ReturnA) {
            return row(pc, "ret", "");
        }
        String[] words = instruction.toString().split(" ", 2);
        return row(pc, words[0], words.length == 1 ? "" : words[1]);
    }

    private static String row(int pc, String mnemonic, String operand) {
        return String.format("(%03d) %-8s %-16s", pc, mnemonic, operand);
    }

    private static String targets(int pc, int skipTrue, int skipFalse) {
        return String.format(" jt %d\tjf %d", pc + 1 + skipTrue, pc + 1 + skipFalse);
    }

    private static String hex(int value) {
        return String.format("#0x%x", value);
    }
}
