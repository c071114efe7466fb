package io.github.nettybpf.tools.explain;

import io.github.nettybpf.core.Extension;
import io.github.nettybpf.core.Instruction;
import io.github.nettybpf.core.Instruction.AluConstant;
import io.github.nettybpf.core.Instruction.AluX;
import io.github.nettybpf.core.Instruction.ConditionalJump;
import io.github.nettybpf.core.Instruction.Jump;
import io.github.nettybpf.core.Instruction.JumpIf;
import io.github.nettybpf.core.Instruction.JumpIfX;
import io.github.nettybpf.core.Instruction.LoadConstant;
import io.github.nettybpf.core.Instruction.LoadExtension;
import io.github.nettybpf.core.Instruction.LoadScratch;
import io.github.nettybpf.core.Instruction.NegateA;
import io.github.nettybpf.core.Instruction.PacketLoad;
import io.github.nettybpf.core.Instruction.ReturnA;
import io.github.nettybpf.core.Instruction.ReturnConstant;
import io.github.nettybpf.core.Instruction.StoreScratch;
import io.github.nettybpf.core.Instruction.Tax;
import io.github.nettybpf.core.Instruction.Txa;
import io.github.nettybpf.core.JumpCondition;
import io.github.nettybpf.core.Packet;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.core.Register;
import io.github.nettybpf.core.SteppingMachine;
import io.github.nettybpf.core.SteppingMachine.Cause;
import io.github.nettybpf.core.SteppingMachine.End;
import io.github.nettybpf.tools.graph.InstructionText;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The trace of one packet through a program: each instruction with its values, and why the packet was kept or dropped.
 */
final class PacketTrace {
    /**
     * An instruction that was executed.
     *
     * @param pc its number
     * @param statement the instruction as text
     * @param effect what it did, with values
     */
    record Step(int pc, String statement, String effect) {}

    /** A conditional jump that was executed, the target that was not taken, and what it found. */
    private record Test(int pc, int notTaken, String finding) {}

    /** What precedes the target in the effect of a jump. */
    static final String BRANCH = "on to ";

    private static final String NOTHING = "";

    private final Program program;
    private final Packet packet;
    private final SteppingMachine machine;
    private final List<String> statements;
    private final ReachableReturns outcomes;
    private final List<Step> steps = new ArrayList<>();

    /** The bytes of the packet that A was loaded from, empty if it was loaded from elsewhere or has been changed. */
    private String sourceOfA = NOTHING;

    /** The same for X. */
    private String sourceOfX = NOTHING;

    /** The same for each scratch slot. */
    private final String[] sources = new String[Program.SCRATCH_SLOTS];

    private final List<Test> tests = new ArrayList<>();

    /** The instruction that is being traced. */
    private int pc;

    /** A before the instruction. */
    private int a;

    /** X before it. */
    private int x;

    private PacketTrace(Program program, Packet packet) {
        this.program = program;
        this.packet = packet;
        this.machine = new SteppingMachine(program, packet);
        this.statements = InstructionText.of(program);
        this.outcomes = new ReachableReturns(program);
        Arrays.fill(sources, NOTHING);
    }

    /** {@return the trace of a run} */
    static PacketTrace of(Program program, Packet packet) {
        PacketTrace trace = new PacketTrace(program, packet);
        trace.run();
        return trace;
    }

    /** {@return the instructions in the order in which they were executed} */
    List<Step> steps() {
        return steps;
    }

    /** {@return the verdict, unsigned} */
    int verdict() {
        return end().verdict();
    }

    private End end() {
        return machine.end().orElseThrow();
    }

    private void run() {
        while (machine.end().isEmpty()) {
            pc = machine.pc();
            a = machine.a();
            x = machine.x();
            Instruction instruction = program.instructions().get(pc);
            int stored = instruction instanceof StoreScratch store ? machine.m(store.n()) : 0;
            machine.step();
            boolean failed = machine.end().isPresent() && end().cause() != Cause.RETURNED;
            String effect = failed ? failure() : effect(instruction, stored);
            steps.add(new Step(pc, statements.get(pc), effect));
        }
    }

    private String effect(Instruction instruction, int stored) {
        if (instruction instanceof PacketLoad load) {
            return packetLoaded(load);
        } else if (instruction instanceof LoadExtension load) {
            return loaded(
                            load.dst(),
                            load.num() == Extension.XOR_X ? NOTHING : load.num().mnemonic())
                    + about(load.num());
        } else if (instruction instanceof LoadConstant load) {
            return loaded(load.dst(), NOTHING);
        } else if (instruction instanceof LoadScratch load) {
            return loaded(load.dst(), sources[load.n()]);
        } else if (instruction instanceof StoreScratch store) {
            sources[store.n()] = store.src() == Register.A ? sourceOfA : sourceOfX;
            return RegisterText.change("M[" + store.n() + "]", stored, machine.m(store.n()));
        } else if (instruction instanceof Tax) {
            return loaded(Register.X, sourceOfA);
        } else if (instruction instanceof Txa) {
            return loaded(Register.A, sourceOfX);
        } else if (instruction instanceof AluX) {
            return loaded(Register.A, NOTHING) + "; X is " + RegisterText.of(x);
        } else if (instruction instanceof AluConstant || instruction instanceof NegateA) {
            return loaded(Register.A, NOTHING);
        } else if (instruction instanceof JumpIf jump) {
            return tested(jump, RegisterText.brief(jump.val()));
        } else if (instruction instanceof JumpIfX jump) {
            return tested(jump, "X (" + RegisterText.brief(x) + ")");
        } else if (instruction instanceof Jump) {
            return BRANCH + number(machine.pc());
        } else if (instruction instanceof ReturnA) {
            return "A is " + RegisterText.of(a);
        } else if (instruction instanceof ReturnConstant) {
            return "ends";
        }
        throw new AssertionError(instruction);
    }

    private String packetLoaded(PacketLoad load) {
        boolean isIndirect = load.reads().contains(Register.X);
        int offset = isIndirect ? x + load.off() : load.off();
        // ldxb 4*([k]&0xf) computes from the byte what X becomes.
        String effect = load.writes().contains(Register.X)
                ? loaded(Register.X, NOTHING)
                : loaded(Register.A, PacketBytes.name(offset, load.size()));
        return effect + "; "
                + (isIndirect ? "X is " + RegisterText.of(x) + "; " : "")
                + PacketBytes.shown(packet, offset, load.size());
    }

    private String loaded(Register register, String source) {
        if (register == Register.A) {
            sourceOfA = source;
            return RegisterText.change("A", a, machine.a());
        }
        sourceOfX = source;
        return RegisterText.change("X", x, machine.x());
    }

    private String about(Extension extension) {
        return switch (extension) {
            case LEN -> "; the length on the wire";
            case XOR_X -> "; X is " + RegisterText.of(x);
            case NLA -> "; the Netlink attribute of type X, looked for from A on; X is " + RegisterText.of(x);
            case NLAN -> "; the Netlink attribute of type X, looked for inside that at A; X is " + RegisterText.of(x);
            default -> "";
        };
    }

    /** Whether the test held is read off the machine, which has executed it. */
    private String tested(ConditionalJump jump, String operand) {
        String next = BRANCH + number(machine.pc());
        if (jump.trueTarget(pc) == jump.falseTarget(pc)) {
            return next + " in either case";
        }
        boolean holds = machine.pc() == jump.trueTarget(pc);
        String finding = RegisterText.brief(a) + finding(jump.cond(), operand, holds);
        int notTaken = holds ? jump.falseTarget(pc) : jump.trueTarget(pc);
        String subject = sourceOfA.isEmpty() ? "A" : "A (" + sourceOfA + ")";
        tests.add(new Test(pc, notTaken, subject + " was " + finding));
        return "A is " + finding + ": " + next;
    }

    private static String finding(JumpCondition test, String operand, boolean holds) {
        return switch (test) {
            case JEQ -> holds ? (operand.startsWith("X") ? ", as is X" : "") : " and not " + operand;
            case JGT -> (holds ? ", above " : ", not above ") + operand;
            case JGE -> (holds ? ", at least " : ", below ") + operand;
            case JSET -> (holds ? ", which has bits of " : ", which has no bits of ") + operand;
        };
    }

    private String failure() {
        Instruction instruction = program.instructions().get(pc);
        return switch (end().cause()) {
            case OUT_OF_BOUNDS ->
                PacketBytes.missing(packet, end().offset(), ((PacketLoad) instruction).size()) + ": ends with 0";
            case DIVISION_BY_ZERO -> "X is 0: ends with 0";
            case NOT_KNOWN -> ((LoadExtension) instruction).num().mnemonic() + " is not known here: ends with 0";
            case NO_DEVICE -> "there is no network interface: ends with A, " + RegisterText.of(a);
            case RETURNED -> throw new AssertionError(instruction);
        };
    }

    /** {@return one sentence: whether the packet was kept, and why} */
    String sentence() {
        int verdict = end().verdict();
        String at = statements.get(pc).replaceFirst(" +", " ") + " at " + number(pc);
        return fate(verdict) + ": "
                + switch (end().cause()) {
                    case OUT_OF_BOUNDS ->
                        at + " asks for "
                                + PacketBytes.missing(
                                        packet,
                                        end().offset(),
                                        ((PacketLoad) program.instructions().get(pc)).size());
                    case DIVISION_BY_ZERO -> at + " divides by X, which was 0";
                    case NOT_KNOWN -> {
                        String name = ((LoadExtension) program.instructions().get(pc))
                                .num()
                                .mnemonic();
                        yield at + " asks for " + name + ", which is not known here (--ext " + name + "=VALUE sets it)";
                    }
                    case NO_DEVICE ->
                        at + " asks for the network interface, there is none, and A was " + RegisterText.of(a);
                    case RETURNED -> returned(at, verdict);
                }
                + ".";
    }

    private String returned(String at, int verdict) {
        if (program.instructions().get(pc) instanceof ReturnA) {
            return at + ", and A" + (sourceOfA.isEmpty() ? "" : " (" + sourceOfA + ")") + " was " + RegisterText.of(a);
        }
        // The last test whose other target reaches a return of the other kind: after it, no other outcome was possible.
        for (int i = tests.size() - 1; i >= 0; i--) {
            Test test = tests.get(i);
            if (verdict == 0 ? outcomes.canKeep(test.notTaken()) : outcomes.canDrop(test.notTaken())) {
                return at + ", because at " + number(test.pc()) + " " + test.finding();
            }
        }
        return at + "; no path through the program leads to a return that " + (verdict == 0 ? "keeps" : "drops");
    }

    /** A verdict other than 0 is the number of bytes to keep. */
    private String fate(int verdict) {
        int length = packet.length();
        if (verdict == 0) {
            return "Dropped";
        }
        String bytes = length + (length == 1 ? " byte" : " bytes");
        boolean isCut = Integer.compareUnsigned(verdict, length) < 0;
        return isCut ? "Kept, " + verdict + " of " + bytes : "Kept whole (" + bytes + ")";
    }

    /** {@return the number of an instruction, in three digits or more} */
    static String number(int pc) {
        return String.format("%03d", pc);
    }
}
