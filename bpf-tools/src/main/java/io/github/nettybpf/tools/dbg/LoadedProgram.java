package io.github.nettybpf.tools.dbg;

import io.github.nettybpf.core.Filter;
import io.github.nettybpf.core.Packet;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.core.SteppingMachine;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A program that is loaded, with its breakpoints and the machine that runs it. */
final class LoadedProgram {
    final Program program;
    final Breakpoints breakpoints;

    /** Runs the program where the machine must stay where it is. */
    final Filter filter;

    private @Nullable SteppingMachine machine;

    LoadedProgram(Program program, Consumer<String> out) {
        this.program = program;
        this.breakpoints = new Breakpoints(out);
        this.filter = Filter.interpret(program);
    }

    /** {@return the machine, which is made for this packet if there is none} */
    SteppingMachine machine(Packet packet) {
        SteppingMachine known = machine;
        if (known == null) {
            known = new SteppingMachine(program, packet);
            machine = known;
        }
        return known;
    }

    /** Restarts the machine on a packet. */
    void restart(Packet packet) {
        if (machine != null) {
            machine.restart(packet);
        }
    }

    /** Forgets the machine, and with it how often each instruction was executed. */
    void forgetMachine() {
        machine = null;
    }
}
