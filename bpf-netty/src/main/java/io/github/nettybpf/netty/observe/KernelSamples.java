package io.github.nettybpf.netty.observe;

import io.github.nettybpf.core.Extension;
import io.github.nettybpf.core.Instruction.LoadExtension;
import io.github.nettybpf.core.Instruction.ReturnConstant;
import io.github.nettybpf.core.JumpCondition;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.netty.code.GuardedProgram;
import io.github.nettybpf.netty.code.LabeledCode;
import io.github.nettybpf.netty.code.LabeledCode.Label;
import java.util.Optional;

/**
 * Makes the kernel pass samples. One packet in so many passes before the program runs, wanted or not, and the pipeline
 * judges it as all others: so the samples are right whatever ends the program, a load past the end included, and none
 * is lost that is wanted.
 */
public final class KernelSamples {
    private static final long RANDOM_NUMBERS = 1L << Integer.SIZE;

    private KernelSamples() {}

    /**
     * {@return a program that keeps one packet in so many whole, and does with the others what the program does; or empty
     * if it would have too many instructions}
     *
     * @param program a program that the pipeline repeats
     * @param oneIn at least 2
     */
    public static Optional<Program> of(Program program, int oneIn) {
        LabeledCode code = new LabeledCode();
        Label judge = new Label();
        code.add(new LoadExtension(Extension.RAND));
        code.jumpIf(JumpCondition.JGE, (int) (RANDOM_NUMBERS / oneIn), judge);
        code.add(new ReturnConstant(-1));
        code.place(judge);
        GuardedProgram.clearRegisters(code);
        code.addAll(program);
        return code.programIfItFits();
    }
}
