package io.github.nettybpf.core;

import io.github.nettybpf.core.Instruction.LoadExtension;
import io.github.nettybpf.core.Instruction.ReturnA;
import io.github.nettybpf.core.Instruction.ReturnConstant;
import io.github.nettybpf.core.SteppingMachine.Cause;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;

/**
 * A program that tells how it decides: which {@link Decision} ends it, and by that its verdict. For statistics by rule.
 *
 * <p>It runs another program, in which every way to end is a return of its own whose verdict is the number of the
 * decision. That one is interpreted and compiled as any other. A load that fails where no comparison with the packet's
 * length can tell beforehand, at a negative offset or one that is added to an unknown X, is found by interpreting the
 * program once more, and takes longer. So does a verdict that is A. A program that reads {@code rand} would decide otherwise when it runs again, and one that reads {@code
 * ifidx} or {@code hatype} may end without telling where: both are interpreted alone, once.
 *
 * <p>Allocates nothing for a packet. Not for use by several threads at once; filters of equal programs share the compiled
 * code.
 */
public final class DecisionFilter {
    /** The verdict of the numbered program when it ends without a return. */
    private static final int NO_RETURN = 0;

    private final Program program;
    private final List<Decision> decisions;
    private final int[] verdicts;
    private final boolean[] returnsA;

    /** Gives the number of the decision, or {@link #NO_RETURN}. */
    private final Filter numbered;

    /** For a verdict that is A. */
    private final Filter verdictOfA;

    /**
     * Whether the program is only stepped: an extension that ends the program with verdict A does not give a number, and a
     * random number is another one when the program runs again.
     */
    private final boolean isStepped;

    private final Interpreter.Step[] steps;
    private final int[] ends;
    private final int[] state = new int[Interpreter.STATE_SIZE];

    private DecisionFilter(Program program, Function<Program, Filter> engine) {
        NumberedProgram stepped = new NumberedProgram(program, false);
        this.program = program;
        this.decisions = List.copyOf(stepped.decisions());
        this.numbered = engine.apply(new NumberedProgram(program, true).program());
        this.verdictOfA = engine.apply(program);
        this.steps = Interpreter.Step.singles(stepped.program());
        this.ends = stepped.ends();
        this.isStepped = program.extensions().stream().anyMatch(each -> each.isOfDevice() || each == Extension.RAND);
        this.verdicts = new int[decisions.size()];
        this.returnsA = new boolean[decisions.size()];
        for (int i = 0; i < verdicts.length; i++) {
            Instruction end = program.instructions().get(decisions.get(i).instruction());
            verdicts[i] = end instanceof ReturnConstant ret ? ret.val() : 0;
            returnsA[i] = end instanceof ReturnA || decisions.get(i).cause() == Cause.NO_DEVICE;
        }
    }

    /**
     * {@return the recommended filter, which interprets first and compiles after enough packets, as {@link Filter#of}}
     *
     * @param program the program
     * @param kinds the kinds of packet that have code of their own
     */
    public static DecisionFilter of(Program program, PacketKinds kinds) {
        return new DecisionFilter(program, each -> Filter.of(each, kinds));
    }

    /**
     * {@return a filter that interprets the program}
     *
     * @param program the program
     */
    public static DecisionFilter interpret(Program program) {
        return new DecisionFilter(program, Filter::interpret);
    }

    /**
     * {@return a filter that is compiled to JVM bytecode, as by {@link Filter#compile(Program, PacketKinds)}}
     *
     * @param program the program
     * @param kinds the kinds of packet that have code of their own
     * @throws UnsupportedOperationException if this JVM cannot define classes at run time
     */
    public static DecisionFilter compile(Program program, PacketKinds kinds) {
        return new DecisionFilter(program, each -> Filter.compile(each, kinds));
    }

    /** {@return the program} */
    public Program program() {
        return program;
    }

    /** {@return all ways in which the program can end, in the order of its instructions; unmodifiable} */
    public List<Decision> decisions() {
        return decisions;
    }

    /**
     * {@return the index in {@link #decisions} of how the program decides on the packet}
     *
     * @param packet the packet
     */
    public int decide(Packet packet) {
        int number = canBeNumbered(packet) ? numbered.run(packet) : NO_RETURN;
        return number == NO_RETURN ? step(packet) : number - 1;
    }

    /**
     * {@return the verdict of a decision, unsigned} Where it is A, the program may run again.
     *
     * @param decision what {@link #decide} has returned for the packet, the last time that it was called
     * @param packet the packet
     */
    public int verdict(int decision, Packet packet) {
        if (!returnsA[decision]) {
            return verdicts[decision];
        }
        return isStepped ? state[Interpreter.STATE_A] : verdictOfA.run(packet);
    }

    /**
     * {@return the verdict of a decision, unsigned, or 0 if it is A}
     *
     * @param decision 0 to one less than there are decisions
     */
    public int constantVerdict(int decision) {
        return verdicts[decision];
    }

    /** The numbered program compares with {@code len}. A malformed capture can claim less than the bytes that it has. */
    private boolean canBeNumbered(Packet packet) {
        return !isStepped && Integer.compareUnsigned(packet.wireLength(), packet.length()) >= 0;
    }

    private int step(Packet packet) {
        Arrays.fill(state, 0);
        int pc = 0;
        while (true) {
            Interpreter.step(steps[pc], packet, state);
            int next = state[Interpreter.STATE_PC];
            if (next == Interpreter.ENDED) {
                return ends[pc] + (isWithoutDevice(ends[pc], packet) ? 1 : 0);
            }
            pc = next;
        }
    }

    /** {@return whether the load, whose decision this is, asked for an interface and there is none} */
    private boolean isWithoutDevice(int decision, Packet packet) {
        if (!isStepped || decisions.get(decision).cause() != Cause.NOT_KNOWN) {
            return false;
        }
        LoadExtension load = (LoadExtension)
                program.instructions().get(decisions.get(decision).instruction());
        return packet.extension(load.num(), state[Interpreter.STATE_A], state[Interpreter.STATE_X]) == Packet.NO_DEVICE;
    }
}
