package io.github.nettybpf.core;

import static io.github.nettybpf.core.Opcodes.*;

import io.github.nettybpf.core.Instruction.ConditionalJump;
import io.github.nettybpf.core.Instruction.Jump;
import io.github.nettybpf.core.Instruction.LoadScratch;
import io.github.nettybpf.core.Instruction.StoreScratch;
import io.github.nettybpf.core.VerificationException.Rule;
import java.util.Arrays;
import java.util.List;

/**
 * Verifies the rules of the kernel, in its order. Source: net/core/filter.c, {@code bpf_check_classic} and
 * {@code check_load_and_stores}.
 */
final class Verifier {
    static final int MAX_INSTRUCTIONS = 4096;

    private static final int ALL_SLOTS = (1 << Program.SCRATCH_SLOTS) - 1;

    private final List<RawInstruction> program;
    private final int size;

    private Verifier(List<RawInstruction> program) {
        this.program = program;
        this.size = program.size();
    }

    /**
     * {@return the instructions, each of which the kernel accepts where it is}
     *
     * @throws VerificationException for the rule that the kernel would find broken
     */
    static List<Instruction> verify(List<RawInstruction> program) {
        return new Verifier(program).verify();
    }

    private List<Instruction> verify() {
        if (size < 1 || size > MAX_INSTRUCTIONS) {
            throw new VerificationException(
                    -1, Rule.LENGTH, "", size + " instructions (expected: 1.." + MAX_INSTRUCTIONS + ")");
        }
        for (int pc = 0; pc < size; pc++) {
            verifyInstruction(pc, program.get(pc));
        }
        int last = program.get(size - 1).code();
        if (last != (RET | K) && last != (RET | A)) {
            throw broken(size - 1, Rule.LAST_INSTRUCTION, "last instruction (expected: ret #k or ret a)");
        }
        List<Instruction> instructions =
                program.stream().map(RawInstruction::disassemble).toList();
        verifyScratch(instructions);
        return instructions;
    }

    private void verifyInstruction(int pc, RawInstruction raw) {
        switch (raw.code()) {
            case LD | IMM,
                    LDX | IMM,
                    LD | LEN,
                    LDX | LEN,
                    LD | IND | W,
                    LD | IND | H,
                    LD | IND | B,
                    LDX | MSH | B,
                    ALU | ADD | K,
                    ALU | SUB | K,
                    ALU | MUL | K,
                    ALU | OR | K,
                    ALU | AND | K,
                    ALU | XOR | K,
                    ALU | ADD | X,
                    ALU | SUB | X,
                    ALU | MUL | X,
                    ALU | DIV | X,
                    ALU | OR | X,
                    ALU | AND | X,
                    ALU | LSH | X,
                    ALU | RSH | X,
                    ALU | MOD | X,
                    ALU | XOR | X,
                    ALU | NEG,
                    RET | K,
                    RET | A,
                    MISC | TAX,
                    MISC | TXA -> {}
            case ALU | DIV | K, ALU | MOD | K -> {
                if (raw.k() == 0) {
                    throw broken(pc, Rule.DIVISOR, "division by 0 (expected: 1..4294967295)");
                }
            }
            case ALU | LSH | K, ALU | RSH | K -> {
                if (raw.k() < 0 || raw.k() > 31) {
                    throw broken(pc, Rule.SHIFT, "shift by " + unsigned(raw.k()) + " (expected: 0..31)");
                }
            }
            case LD | MEM, LDX | MEM, ST, STX -> {
                if (raw.k() < 0 || raw.k() >= Program.SCRATCH_SLOTS) {
                    throw broken(pc, Rule.SCRATCH_SLOT, "scratch slot " + unsigned(raw.k()) + " (expected: 0..15)");
                }
            }
            case LD | ABS | W, LD | ABS | H, LD | ABS | B -> {
                boolean aboveBase = raw.k() >= Extension.SKF_AD_OFF && raw.k() < 0;
                if (aboveBase && Extension.atOffset(raw.k()) == null) {
                    throw broken(
                            pc,
                            Rule.EXTENSION,
                            String.format(
                                    "no extension at offset 0x%x (expected: 0xfffff000 + 0, 4, 8 .. 60)", raw.k()));
                }
            }
            case JMP | JA -> {
                if (raw.k() < 0 && pc + 1 + raw.k() >= 0) {
                    throw broken(
                            pc,
                            Rule.JUMP,
                            "jumps backward, to " + (pc + 1 + raw.k())
                                    + " (expected: a later instruction; the kernel runs no loops, which protochain needs)");
                }
                requireTarget(pc, Integer.toUnsignedLong(raw.k()));
            }
            case JMP | JEQ | K,
                    JMP | JGT | K,
                    JMP | JGE | K,
                    JMP | JSET | K,
                    JMP | JEQ | X,
                    JMP | JGT | X,
                    JMP | JGE | X,
                    JMP | JSET | X -> {
                requireTarget(pc, raw.jt());
                requireTarget(pc, raw.jf());
            }
            default ->
                throw new VerificationException(
                        pc,
                        Rule.OPCODE,
                        "",
                        String.format("opcode 0x%02x (expected: a classic BPF opcode)", raw.code()));
        }
    }

    private void requireTarget(int pc, long skip) {
        long target = pc + 1 + skip;
        if (target >= size) {
            throw broken(pc, Rule.JUMP, "jumps to " + target + " (expected: <= " + (size - 1) + ")");
        }
    }

    /**
     * One linear pass, quirks included: a return does not reset the set of slots that are written, and an instruction
     * that no jump leads to counts as one where all are.
     */
    private void verifyScratch(List<Instruction> instructions) {
        int[] writtenAt = new int[size];
        Arrays.fill(writtenAt, ALL_SLOTS);
        int written = 0;
        for (int pc = 0; pc < size; pc++) {
            Instruction instruction = instructions.get(pc);
            written &= writtenAt[pc];
            if (instruction instanceof LoadScratch load
                    && (written & load.reads().bits()) == 0) {
                throw broken(
                        pc,
                        Rule.SCRATCH_UNSET,
                        "scratch slot " + load.n() + " can be unset (expected: a st or stx on every path)");
            } else if (instruction instanceof StoreScratch store) {
                written |= store.writes().bits();
            } else if (instruction instanceof Jump || instruction instanceof ConditionalJump) {
                for (int target : instruction.successors(pc)) {
                    writtenAt[target] &= written;
                }
                written = ALL_SLOTS;
            }
        }
    }

    private VerificationException broken(int pc, Rule rule, String problem) {
        return new VerificationException(pc, rule, program.get(pc).disassemble().toString(), problem);
    }
}
