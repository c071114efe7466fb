package io.github.nettybpf.core;

import io.github.nettybpf.core.Instruction.ConditionalJump;
import io.github.nettybpf.core.Instruction.JumpIf;
import io.github.nettybpf.core.Instruction.ReturnConstant;
import io.github.nettybpf.core.SteppingMachine.Cause;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * One of the ways in which a program ends: the instruction that ends it and, if a conditional jump leads straight to that
 * instruction, the jump. The same return has a decision for each of the jumps that lead to it, because most programs
 * have one {@code ret #0} for all that they do not want.
 *
 * @param cause why the program ends
 * @param instruction the index of the instruction that ends it
 * @param test the index of the conditional jump that leads to it, or empty if there is none
 * @param holds whether the condition of that jump holds; false if there is none
 */
public record Decision(Cause cause, int instruction, OptionalInt test, boolean holds) {
    /**
     * {@return the index of the instruction that decides: the test, or the one that ends the program if there is none}
     */
    public int decisive() {
        return test.orElse(instruction);
    }

    /**
     * {@return what decides, for people} It is the {@linkplain Program#origin part of the source} and whether the packet
     * is as it wants, for example {@code dst port 53: no}; or, for a program that does not know its source, the {@linkplain
     * #describe instructions}. Several decisions may have the same rule. Finding it takes up to some seconds for the first
     * of a program of thousands of instructions.
     *
     * @param program the program that decides so
     */
    public String rule(Program program) {
        Optional<String> origin = program.origin(decisive());
        return origin.isEmpty() ? describe(program) : origin.get() + outcome(program);
    }

    /**
     * {@return the rule with the instructions, for example {@code dst port 53: no (insn 1: jeq #53: no: insn 3: ret #0)}} If
     * the program does not know its source, they are the rule.
     *
     * @param program the program that decides so
     */
    public String explain(Program program) {
        String instructions = describe(program);
        String rule = rule(program);
        return rule.equals(instructions) ? rule : rule + " (" + instructions + ")";
    }

    private String outcome(Program program) {
        switch (cause) {
            case OUT_OF_BOUNDS -> {
                return ": the packet is too short";
            }
            case DIVISION_BY_ZERO -> {
                return ": division by 0";
            }
            case NOT_KNOWN, NO_DEVICE -> {
                return ": not known of the packet";
            }
            case RETURNED -> {}
        }
        return program.instructions().get(instruction) instanceof ReturnConstant ret
                ? ret.val() == 0 ? ": no" : ": yes"
                : "";
    }

    /**
     * {@return the instructions that decide, for example {@code insn 1: jeq #53: no: insn 3: ret #0}}
     *
     * @param program the program that decides so
     */
    public String describe(Program program) {
        String end = at(program, instruction);
        if (test.isPresent()) {
            return at(program, test.getAsInt()) + (holds ? ": yes: " : ": no: ") + end;
        }
        return switch (cause) {
            case RETURNED -> end;
            case OUT_OF_BOUNDS -> end + ": outside the packet";
            case DIVISION_BY_ZERO -> end + ": division by 0";
            case NOT_KNOWN -> end + ": not known of the packet";
            case NO_DEVICE -> end + ": no network interface";
        };
    }

    private static String at(Program program, int pc) {
        Instruction instruction = program.instructions().get(pc);
        String text = instruction instanceof JumpIf jump
                ? jump.mnemonic() + " #" + Integer.toUnsignedString(jump.val())
                : instruction instanceof ConditionalJump jump ? jump.mnemonic() + " x" : instruction.toString();
        return "insn " + pc + ": " + text;
    }
}
