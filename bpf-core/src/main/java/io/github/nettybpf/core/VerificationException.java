package io.github.nettybpf.core;

/** Thrown for instructions that the Linux kernel refuses to attach, which therefore are not a {@link Program}. */
public final class VerificationException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    /** The rules of the kernel. Source: net/core/filter.c of the kernel, {@code bpf_check_classic}. */
    public enum Rule {
        /** A program has 1..4096 instructions. */
        LENGTH,
        /** The code is one of the 49 that the kernel knows. */
        OPCODE,
        /** Division and modulo by a constant: not by 0. */
        DIVISOR,
        /** Shifts by a constant: by less than 32. */
        SHIFT,
        /** Scratch slots are 0..15. */
        SCRATCH_SLOT,
        /** The targets of jumps are inside the program, also in code that no packet reaches. */
        JUMP,
        /** Absolute loads from 0xfffff000 up are exactly the extensions. */
        EXTENSION,
        /** The last instruction is a return. */
        LAST_INSTRUCTION,
        /** A scratch slot is written before it is read, as the kernel's single forward pass sees it. */
        SCRATCH_UNSET
    }

    /** The instruction, counted from 0, or -1. */
    private final int pc;

    /** The rule that it breaks. */
    private final Rule rule;

    /** The message without the instruction. */
    private final String problem;

    VerificationException(int pc, Rule rule, String instruction, String problem) {
        super(pc < 0 ? problem : "insn " + pc + ": " + (instruction.isEmpty() ? "" : instruction + ": ") + problem);
        this.pc = pc;
        this.rule = rule;
        this.problem = problem;
    }

    /** {@return the instruction that breaks the rule, counted from 0, or -1 if the rule is {@link Rule#LENGTH}} */
    public int pc() {
        return pc;
    }

    /** {@return the rule that is broken} */
    public Rule rule() {
        return rule;
    }

    /** {@return the message without the instruction: what is wrong and what was expected} */
    public String problem() {
        return problem;
    }
}
