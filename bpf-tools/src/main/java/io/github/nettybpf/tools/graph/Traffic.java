package io.github.nettybpf.tools.graph;

import io.github.nettybpf.core.Instruction;
import io.github.nettybpf.core.Instruction.ConditionalJump;
import io.github.nettybpf.core.Packet;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.core.SteppingMachine;
import io.github.nettybpf.core.SteppingMachine.Cause;
import io.github.nettybpf.core.SteppingMachine.End;

/** The ways that packets took through a program, counted. Not for several threads. */
public final class Traffic {
    private final SteppingMachine machine;

    /** Of each conditional jump, where it leads if its test holds; elsewhere 0, where nothing leads. */
    private final int[] trueTargets;

    private final long[] taken;
    private final long[] ended;
    private long packets;
    private long kept;

    /**
     * Has seen no packet yet.
     *
     * @param program the program
     */
    public Traffic(Program program) {
        machine = new SteppingMachine(program, Packet.of(new byte[0]));
        trueTargets = new int[program.size()];
        for (int pc = 0; pc < trueTargets.length; pc++) {
            Instruction instruction = program.instructions().get(pc);
            if (instruction instanceof ConditionalJump jump) {
                trueTargets[pc] = jump.trueTarget(pc);
            }
        }
        taken = new long[program.size()];
        ended = new long[program.size()];
    }

    /**
     * Runs the program on a packet.
     *
     * @param packet the packet
     * @return the verdict, unsigned
     */
    public int add(Packet packet) {
        machine.restart(packet);
        int pc = machine.pc();
        while (machine.step()) {
            if (machine.pc() == trueTargets[pc]) {
                taken[pc]++;
            }
            pc = machine.pc();
        }
        End end = machine.end().orElseThrow();
        packets++;
        if (end.verdict() != 0) {
            kept++;
        }
        if (end.cause() != Cause.RETURNED) {
            ended[end.pc()]++;
        }
        return end.verdict();
    }

    /** {@return how many packets there were} */
    public long packets() {
        return packets;
    }

    /** {@return how many of them had another verdict than 0} */
    public long kept() {
        return kept;
    }

    /** {@return how many packets came to the instruction} */
    long visits(int pc) {
        return machine.visits(pc);
    }

    /** {@return how many went from the conditional jump to where it leads if its test holds} */
    long taken(int pc) {
        return taken[pc];
    }

    /** {@return how many went on from the instruction when it did not end the program} */
    long passed(int pc) {
        return machine.visits(pc) - ended[pc];
    }

    /** {@return how many the instruction was the end of, being no return}: what it asks for was not there. */
    long ended(int pc) {
        return ended[pc];
    }
}
