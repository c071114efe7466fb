package io.github.nettybpf.tools.graph;

import io.github.nettybpf.core.Instruction;
import io.github.nettybpf.core.Instruction.ConditionalJump;
import io.github.nettybpf.core.Packet;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.core.SteppingMachine;
import io.github.nettybpf.core.SteppingMachine.Cause;
import io.github.nettybpf.core.SteppingMachine.End;

/** Counts the packets that took each branch of a program. Not for several threads. */
public final class Traffic {
    private final SteppingMachine machine;

    /** Of each conditional jump, where it leads if its test holds; elsewhere 0, where nothing leads. */
    private final int[] trueTargets;

    private final long[] taken;
    private final long[] ended;
    private long packets;
    private long kept;

    /**
     * The counts of no packets.
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

    /** {@return the number of packets} */
    public long packets() {
        return packets;
    }

    /** {@return the number of packets whose verdict was not 0} */
    public long kept() {
        return kept;
    }

    /** {@return how many packets reached the instruction} */
    long visits(int pc) {
        return machine.visits(pc);
    }

    /** {@return for how many packets the test of the conditional jump held} */
    long taken(int pc) {
        return taken[pc];
    }

    /** {@return how many packets the instruction did not end the program for} */
    long passed(int pc) {
        return machine.visits(pc) - ended[pc];
    }

    /** {@return for how many packets the instruction ended the program without being a return} */
    long ended(int pc) {
        return ended[pc];
    }
}
