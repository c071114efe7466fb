package io.github.nettybpf.netty.source;

import io.github.nettybpf.core.Extension;
import io.github.nettybpf.core.Instruction.LoadExtension;
import io.github.nettybpf.core.Instruction.ReturnConstant;
import io.github.nettybpf.core.JumpCondition;
import io.github.nettybpf.core.Placement;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.core.address.AddressSet;
import io.github.nettybpf.netty.code.GuardedProgram;
import io.github.nettybpf.netty.code.LabeledCode;
import io.github.nettybpf.netty.code.LabeledCode.Label;
import java.util.Optional;

/** A program with a test of the packet's source before it, for the kernel. */
public final class FoldedProgram {
    /** A set of more ranges than this is not looked at further: each takes an instruction at least. */
    private static final int MOST_RANGES = Program.MAX_SIZE;

    private FoldedProgram() {}

    /**
     * {@return a program that gives 0 for sources that the rule does not want, and for others what the program gives; or
     * empty if it would have too many instructions}
     *
     * @param program a program for the placement
     * @param placement {@link Placement#UDP_SOCKET}, {@link Placement#ETHERNET} or {@link Placement#IP}
     */
    public static Optional<Program> of(Program program, Placement placement, SourceRule rule) {
        AddressSet set = rule.deciding();
        if (set.rangeCount() > MOST_RANGES) {
            return Optional.empty();
        }
        LabeledCode code = new LabeledCode();
        Label in = new Label();
        Label out = new Label();
        Label wanted = rule.wantsDeciding() ? in : out;
        new SourceCode(code, placement, set, in, out).emit();
        code.place(rule.wantsDeciding() ? out : in);
        code.add(new ReturnConstant(0));
        code.place(wanted);
        return completed(code, program);
    }

    /**
     * {@return a program that gives 0 for most packets whose source is in the set, and for others what the program gives;
     * or empty if it would have too many instructions}
     *
     * @param program a program for the placement
     * @param placement as above
     * @param denied the set
     * @param oneIn of how many packets from the set one goes on to the program, as a sample: a power of two
     */
    public static Optional<Program> sampling(Program program, Placement placement, AddressSet denied, int oneIn) {
        LabeledCode code = new LabeledCode();
        Label in = new Label();
        Label out = new Label();
        Label drop = new Label();
        new SourceCode(code, placement, denied, in, out).emit();
        code.place(in);
        code.add(new LoadExtension(Extension.RAND));
        code.jumpIf(JumpCondition.JGE, (int) ((1L << 32) / oneIn), drop, out);
        code.place(drop);
        code.add(new ReturnConstant(0));
        code.place(out);
        return completed(code, program);
    }

    private static Optional<Program> completed(LabeledCode code, Program program) {
        GuardedProgram.clearRegisters(code);
        code.addAll(program);
        return code.programIfItFits();
    }
}
