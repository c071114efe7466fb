package io.github.nettybpf.benchmarks;

import io.github.nettybpf.core.AluOp;
import io.github.nettybpf.core.Extension;
import io.github.nettybpf.core.Instruction;
import io.github.nettybpf.core.Instruction.AluConstant;
import io.github.nettybpf.core.Instruction.AluX;
import io.github.nettybpf.core.Instruction.Jump;
import io.github.nettybpf.core.Instruction.JumpIf;
import io.github.nettybpf.core.Instruction.JumpIfX;
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
import io.github.nettybpf.core.JumpCondition;
import io.github.nettybpf.core.Program;
import java.util.List;

/**
 * Translates a program to a C function, with a label and a statement for each instruction. Programs that load
 * extensions other than {@code len}, or relative to a header, are refused.
 */
final class CSource {
    private static final String PROLOGUE = """
            #include <stdint.h>
            #include <string.h>

            static inline uint32_t load1(const unsigned char *at) { return *at; }

            static inline uint32_t load2(const unsigned char *at) {
                uint16_t value;
                memcpy(&value, at, sizeof value);
                return __builtin_bswap16(value);
            }

            static inline uint32_t load4(const unsigned char *at) {
                uint32_t value;
                memcpy(&value, at, sizeof value);
                return __builtin_bswap32(value);
            }

            uint32_t filter(const unsigned char *packet, uint32_t length) {
                uint32_t A = 0, X = 0, M[16];
            """;

    private CSource() {}

    /**
     * {@return the text of a C file with the function {@code uint32_t filter(const unsigned char *packet, uint32_t
     * length)}}
     */
    static String of(Program program) {
        StringBuilder text = new StringBuilder(PROLOGUE);
        List<Instruction> instructions = program.instructions();
        for (int pc = 0; pc < instructions.size(); pc++) {
            text.append("L" + pc + ": " + statement(pc, instructions.get(pc)) + "\n");
        }
        return text.append("}\n").toString();
    }

    private static String statement(int pc, Instruction instruction) {
        if (instruction instanceof LoadConstant load) {
            return load.dst() + " = " + constant(load.val()) + ";";
        } else if (instruction instanceof LoadScratch load) {
            return load.dst() + " = M[" + load.n() + "];";
        } else if (instruction instanceof StoreScratch store) {
            return "M[" + store.n() + "] = " + store.src() + ";";
        } else if (instruction instanceof LoadAbsolute load && load.off() >= 0) {
            return load("A", constant(load.off()), load.size(), "%s");
        } else if (instruction instanceof LoadIndirect load) {
            return load("A", "(X + " + constant(load.off()) + ")", load.size(), "%s");
        } else if (instruction instanceof LoadMemShift load) {
            return load("X", constant(load.off()), 1, "(%s & 0xf) << 2");
        } else if (instruction instanceof LoadExtension load && load.num() == Extension.LEN) {
            return load.dst() + " = length;";
        } else if (instruction instanceof AluConstant alu) {
            return "A = " + alu(alu.op(), constant(alu.val())) + ";";
        } else if (instruction instanceof AluX alu) {
            boolean divides = alu.op() == AluOp.DIV || alu.op() == AluOp.MOD;
            return (divides ? "if (X == 0) return 0; " : "") + "A = " + alu(alu.op(), "X") + ";";
        } else if (instruction instanceof NegateA) {
            return "A = -A;";
        } else if (instruction instanceof Jump jump) {
            return "goto L" + (pc + 1 + jump.skip()) + ";";
        } else if (instruction instanceof JumpIf jump) {
            return jump(pc, test(jump.cond(), constant(jump.val())), jump.skipTrue(), jump.skipFalse());
        } else if (instruction instanceof JumpIfX jump) {
            return jump(pc, test(jump.cond(), "X"), jump.skipTrue(), jump.skipFalse());
        } else if (instruction instanceof ReturnConstant ret) {
            return "return " + constant(ret.val()) + ";";
        } else if (instruction instanceof ReturnA) {
            return "return A;";
        } else if (instruction instanceof Tax) {
            return "X = A;";
        } else if (instruction instanceof Txa) {
            return "A = X;";
        }
        throw new IllegalArgumentException("insn " + pc + ": " + instruction + ": has no translation to C");
    }

    private static String load(String register, String offset, int size, String use) {
        return "if ((uint64_t)" + offset + " + " + size + " > length) return 0; " + register + " = "
                + String.format(use, "load" + size + "(packet + " + offset + ")") + ";";
    }

    private static String alu(AluOp op, String operand) {
        return switch (op) {
            case ADD -> "A + " + operand;
            case SUB -> "A - " + operand;
            case MUL -> "A * " + operand;
            case DIV -> "A / " + operand;
            case MOD -> "A % " + operand;
            case OR -> "A | " + operand;
            case AND -> "A & " + operand;
            case XOR -> "A ^ " + operand;
            case LSH -> "A << (" + operand + " & 31)";
            case RSH -> "A >> (" + operand + " & 31)";
        };
    }

    private static String test(JumpCondition test, String operand) {
        return switch (test) {
            case JEQ -> "A == " + operand;
            case JGT -> "A > " + operand;
            case JGE -> "A >= " + operand;
            case JSET -> "A & " + operand;
        };
    }

    private static String jump(int pc, String test, int skipTrue, int skipFalse) {
        return "if (" + test + ") goto L" + (pc + 1 + skipTrue) + "; else goto L" + (pc + 1 + skipFalse) + ";";
    }

    private static String constant(int value) {
        return Integer.toUnsignedString(value) + "u";
    }
}
