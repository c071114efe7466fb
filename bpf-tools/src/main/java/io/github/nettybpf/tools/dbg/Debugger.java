package io.github.nettybpf.tools.dbg;

import io.github.nettybpf.core.Program;
import io.github.nettybpf.core.ProgramFormat;
import io.github.nettybpf.core.SteppingMachine;
import io.github.nettybpf.expression.LinkType;
import io.github.nettybpf.tools.AddressSetOption;
import io.github.nettybpf.tools.Printable;
import io.github.nettybpf.tools.Refusal;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Executes the commands of bpf_dbg, and some more, with the answers of bpf_dbg. docs/tools.md lists where it differs.
 *
 * <p>For one thread, except for {@link #interrupt}.
 */
final class Debugger implements AutoCloseable {
    private final Consumer<String> out;
    private final DebugState state;
    private volatile boolean interrupted;

    /** A debugger that passes its answers to {@code out}, with these sets of addresses for expressions. */
    Debugger(Consumer<String> out, AddressSetOption sets) {
        this.out = out;
        this.state = new DebugState(out, sets);
    }

    /** Stops a command that runs through many packets at the next one. May be called from any thread. */
    void interrupt() {
        interrupted = true;
    }

    /**
     * Executes a line.
     *
     * @return whether to continue; false if the line says to quit
     * @throws Refusal if the command fails
     */
    boolean execute(String line) throws Refusal {
        CommandWords words = new CommandWords(line);
        String name = words.next();
        if (name.isEmpty() || name.startsWith("#")) {
            return true;
        }
        interrupted = false;
        DebugCommand command = DebugCommand.of(name);
        LinkType before = state.linkType();
        boolean goesOn = execute(command, words);
        LinkType after = state.linkType();
        if (command != DebugCommand.LOAD && before != null && after != null && after != before) {
            out.accept("(link type " + after + ": the expression is another program here)\n");
        }
        return goesOn;
    }

    private boolean execute(DebugCommand command, CommandWords words) throws Refusal {
        switch (command) {
            case LOAD -> load(words);
            case SELECT -> select(words);
            case RUN -> run(words);
            case STEP -> step(words);
            case BREAKPOINT -> state.breakpoints().set(words, state.program());
            case DISASSEMBLE -> disassemble(words);
            case DUMP -> dump(words);
            case DELETE -> state.breakpoints().delete(words, state.program());
            case NEXT -> next(words);
            case SET -> ExtensionSettings.set(words, state.packet, out);
            case WHERE -> where(words);
            case VERIFY -> verify(words);
            case HELP -> {
                words.end();
                out.accept(DebugCommand.help());
            }
            case QUIT -> {
                words.end();
                return false;
            }
        }
        return true;
    }

    /** {@return the number of instructions of the program, 0 if none is loaded} */
    int size() {
        return state.size();
    }

    private void load(CommandWords words) throws Refusal {
        String kind = words.next();
        String what = words.remaining();
        if (CommandWords.isAbbreviation(kind, "bpf")) {
            state.loadProgram(what);
        } else if (CommandWords.isAbbreviation(kind, "pcap")) {
            state.loadCapture(what);
        } else {
            throw new Refusal("'" + Printable.message(kind) + "' (expected: bpf PROGRAM or pcap FILE)");
        }
    }

    private void select(CommandWords words) throws Refusal {
        CaptureCursor cursor = state.capture();
        String word = words.next();
        words.end();
        long number = word.isEmpty() ? -1 : CommandWords.number(word);
        if (number < 0) {
            throw new Refusal("select '' (expected: the number of a packet, from 1)");
        }
        if (number == 0) {
            out.accept("packet count starts with 1, clamping!\n");
            number = 1;
        }
        state.goTo(cursor, number);
        state.restart();
    }

    private void run(CommandWords words) throws Refusal {
        SteppingMachine running = state.machine();
        CaptureCursor cursor = state.capture();
        String word = words.next();
        words.end();
        long limit = word.isEmpty() ? 0 : CommandWords.number(word);
        boolean more = true;
        Refusal damage = null;
        for (long done = 1; more; done++) {
            if (stopsAtBreakpoint(running)) {
                return;
            }
            if (running.run().verdict() == 0) {
                state.fails++;
            } else {
                state.passes++;
            }
            try {
                more = cursor.next();
                if (more) {
                    state.showPacket();
                    running = state.machine();
                }
            } catch (Refusal e) {
                damage = e;
                more = false;
            }
            if (more) {
                if (done == limit) {
                    break;
                }
                if (interrupted) {
                    throw new Refusal("interrupted before packet #" + cursor.number() + " (run continues)");
                }
            }
        }
        out.accept("bpf passes:" + state.passes + " fails:" + state.fails + "\n");
        state.backToFirst(cursor);
        if (damage != null) {
            throw damage;
        }
    }

    /** As in bpf_dbg, the instruction is shown and then executed, so the next command continues after it. */
    private boolean stopsAtBreakpoint(SteppingMachine running) throws Refusal {
        if (state.breakpoints().isEmpty() || !running.runTo(state.breakpoints()::stops)) {
            return false;
        }
        stop(running);
        return true;
    }

    private void stop(SteppingMachine running) {
        out.accept(RegisterDump.of(running) + "(breakpoint)\n");
        running.step();
    }

    private void step(CommandWords words) throws Refusal {
        SteppingMachine running = state.machine();
        String word = words.next();
        words.end();
        boolean isBack = word.startsWith("-");
        String digits = isBack || word.startsWith("+") ? word.substring(1) : word;
        long count = word.isEmpty() ? 1 : CommandWords.number(digits);
        if (isBack && count > 0) {
            stepBack(running, count);
            count = 1;
        }
        for (long i = 1; i < count; i++) {
            if (!running.step()) {
                break;
            }
        }
        if (running.end().isEmpty()) {
            stop(running);
        }
        Optional<SteppingMachine.End> end = running.end();
        if (end.isPresent()) {
            goToNextPacket(end.get());
        }
    }

    /** The instruction that was shown last has been executed: the one before it is two steps back. */
    private static void stepBack(SteppingMachine running, long count) throws Refusal {
        long target = running.steps() - 1 - count;
        if (target < 0) {
            throw new Refusal("reached bottom of register history stack!");
        }
        while (running.steps() > target) {
            running.stepBack();
        }
    }

    /** Goes to the next packet, and says why the program ended if that was not by a return. */
    private void goToNextPacket(SteppingMachine.End end) throws Refusal {
        if (end.cause() != SteppingMachine.Cause.RETURNED) {
            out.accept("(" + EndText.text(end, state.program()) + ")\n");
        }
        CaptureCursor cursor = state.capture();
        try {
            if (cursor.next()) {
                out.accept("(next packet)\n");
                state.showPacket();
                return;
            }
        } catch (Refusal e) {
            state.backToFirst(cursor);
            throw e;
        }
        out.accept("(going back to first packet)\n");
        state.backToFirst(cursor);
    }

    private void disassemble(CommandWords words) throws Refusal {
        Program loaded = state.program();
        String place = words.next();
        words.end();
        out.accept(
                place.isEmpty()
                        ? RegisterDump.disassembly(loaded)
                        : RegisterDump.line(loaded, Breakpoints.place(place, loaded)));
    }

    private void dump(CommandWords words) throws Refusal {
        Program loaded = state.program();
        words.end();
        out.accept("/* { op, jt, jf, k }, */\n" + ProgramFormat.C.write(loaded.raw()));
    }

    private void next(CommandWords words) throws Refusal {
        state.machine();
        CaptureCursor cursor = state.capture();
        String which = words.next();
        words.end();
        boolean drops = CommandWords.isAbbreviation(which, "drop");
        if (!drops && !CommandWords.isAbbreviation(which, "pass")) {
            throw new Refusal("'" + Printable.message(which) + "' (expected: drop or pass)");
        }
        long from = cursor.number();
        Refusal reason = null;
        try {
            while (reason == null && cursor.next()) {
                if ((state.verdict() == 0) == drops) {
                    arrive(cursor);
                    return;
                }
                if (interrupted) {
                    reason = new Refusal("interrupted at packet #" + cursor.number());
                }
            }
        } catch (Refusal damage) {
            reason = damage;
        }
        state.goTo(cursor, from);
        state.showPacket();
        throw reason != null
                ? reason
                : new Refusal("no packet after #" + from + " is " + (drops ? "dropped" : "kept") + " (still at #" + from
                        + ")");
    }

    private void arrive(CaptureCursor cursor) throws Refusal {
        state.restart();
        SteppingMachine.End end = new SteppingMachine(state.program(), state.packet).run();
        out.accept("packet #" + cursor.number() + ": " + EndText.text(end, state.program()) + "\n");
    }

    private void where(CommandWords words) throws Refusal {
        SteppingMachine running = state.machine();
        words.end();
        StringBuilder counts = new StringBuilder();
        for (int pc = 0; pc < running.program().size(); pc++) {
            String mark = pc == running.pc() ? "=>" : "  ";
            counts.append(String.format("%s%11d  ", mark, running.visits(pc)))
                    .append(RegisterDump.line(running.program(), pc));
        }
        out.accept(counts.toString());
    }

    private void verify(CommandWords words) throws Refusal {
        SteppingMachine running = state.machine();
        String what = words.next();
        words.end();
        if (!CommandWords.isAbbreviation(what, "kernel")) {
            throw new Refusal("'" + Printable.message(what) + "' (expected: kernel)");
        }
        out.accept(KernelVerdict.compare(
                running.program(), state.packet, state.capture().packet().toByteArray()));
    }

    @Override
    public void close() throws Refusal {
        state.close();
    }
}
