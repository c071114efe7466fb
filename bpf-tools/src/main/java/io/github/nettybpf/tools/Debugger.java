package io.github.nettybpf.tools;

import io.github.nettybpf.core.AnnotatedPacket;
import io.github.nettybpf.core.Extension;
import io.github.nettybpf.core.Filter;
import io.github.nettybpf.core.Packet;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.core.ProgramFormat;
import io.github.nettybpf.core.SteppingMachine;
import io.github.nettybpf.expression.LinkType;
import io.github.nettybpf.tools.capture.LinkTypes;
import java.io.InputStream;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What bpf_dbg does, command by command: a program, a capture, and a machine that runs the one on the packets of the other.
 * Its answers are those of bpf_dbg; where that has nothing to say, or is mistaken, docs/tools.md tells what this one does.
 *
 * <p>For one thread, but for {@link #interrupt}.
 */
final class Debugger implements AutoCloseable {
    private final Consumer<String> out;
    private final AnnotatedPacket packet = new AnnotatedPacket(Packet.of(new byte[0]));
    private final Breakpoints breakpoints;

    /** What was loaded, and what it is for the packets of the capture. */
    private @Nullable AnyProgram source;

    private @Nullable Program program;
    private @Nullable CaptureCursor capture;

    /** Made when there are a program and a capture. */
    private @Nullable SteppingMachine machine;

    private long passes;
    private long fails;
    private volatile boolean interrupted;

    /** Answers by giving text to {@code out}. */
    Debugger(Consumer<String> out) {
        this.out = out;
        this.breakpoints = new Breakpoints(out);
    }

    /** Makes a command that goes through many packets stop soon. From any thread. */
    void interrupt() {
        interrupted = true;
    }

    /**
     * Does what a line says.
     *
     * @return whether to go on; false if the line says to quit
     * @throws Refusal if it cannot be done, with one line to tell why
     */
    boolean execute(String line) throws Refusal {
        Words words = new Words(line);
        String name = words.next();
        if (name.isEmpty() || name.startsWith("#")) {
            return true;
        }
        interrupted = false;
        DebugCommand command = DebugCommand.of(name);
        switch (command) {
            case LOAD -> load(words);
            case SELECT -> select(words);
            case RUN -> run(words);
            case STEP -> step(words);
            case BREAKPOINT -> breakpoints.set(words, program());
            case DISASSEMBLE -> disassemble(words);
            case DUMP -> dump(words);
            case DELETE -> breakpoints.delete(words, program());
            case NEXT -> next(words);
            case SET -> Extensions.set(words, packet, out);
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

    /** {@return the number of instructions of the program}, 0 without one. */
    int size() {
        return program == null ? 0 : program.size();
    }

    private Program program() throws Refusal {
        if (program == null) {
            throw new Refusal("no bpf program loaded!");
        }
        return program;
    }

    private CaptureCursor capture() throws Refusal {
        if (capture == null) {
            throw new Refusal("no pcap file loaded!");
        }
        return capture;
    }

    private SteppingMachine machine() throws Refusal {
        Program loaded = program();
        capture();
        if (machine == null) {
            machine = new SteppingMachine(loaded, packet);
        }
        return machine;
    }

    private void load(Words words) throws Refusal {
        String kind = words.next();
        String what = words.rest();
        if (Words.isAbbreviation(kind, "bpf")) {
            loadProgram(what);
        } else if (Words.isAbbreviation(kind, "pcap")) {
            loadCapture(what);
        } else {
            throw new Refusal("'" + Printable.message(kind) + "' (expected: bpf PROGRAM or pcap FILE)");
        }
    }

    /** As with bpf_dbg, a program that is refused leaves none. */
    private void loadProgram(String text) throws Refusal {
        if (text.isEmpty() || text.equals("-")) {
            throw new Refusal("'" + text + "' (expected: a program, a file with one, or an expression)");
        }
        forgetProgram();
        AnyProgram read = AnyProgram.of(text.replace("\\n", "\n"), InputStream.nullInputStream());
        program = read.program(linkType(read));
        source = read;
        restart();
        for (Extension extension : program.extensions()) {
            if (packet.extension(extension, 0, 0) == Packet.NOT_KNOWN) {
                String name = Extensions.name(extension);
                int pc = program.firstReading(extension).orElseThrow();
                out.accept("insn " + pc + " reads " + name + ", which is not known and drops the packet (set ext "
                        + name + " VALUE)\n");
            }
        }
    }

    private void forgetProgram() {
        source = null;
        program = null;
        breakpoints.clear();
        machine = null;
    }

    private LinkType linkType(AnyProgram read) throws Refusal {
        if (capture == null || !read.isExpression()) {
            return LinkType.EN10MB;
        }
        int number = capture.packet().origin().linkType();
        Optional<LinkType> known = LinkTypes.of(capture.packet().origin());
        return known.orElseThrow(
                () -> new Refusal("link type " + number + " of the capture (expected: one that expressions know)"));
    }

    /** An expression becomes the program for the packets of this capture. */
    private void loadCapture(String file) throws Refusal {
        if (file.isEmpty()) {
            throw new Refusal("'' (expected: the name of a capture)");
        }
        closeCapture();
        machine = null;
        capture = CaptureCursor.open(file);
        restart();
        AnyProgram read = source;
        if (read != null && read.isExpression()) {
            forgetProgram();
            program = read.program(linkType(read));
            source = read;
        }
    }

    private void closeCapture() throws Refusal {
        CaptureCursor open = capture;
        capture = null;
        if (open != null) {
            open.close();
        }
    }

    /** To the beginning of the program, and of counting. */
    private void restart() {
        passes = 0;
        fails = 0;
        show();
    }

    /** To the beginning of the program, with the packet where the capture is. */
    private void show() {
        if (capture != null) {
            packet.annotate(capture.packet());
        }
        if (machine != null) {
            machine.restart(packet);
        }
    }

    private void select(Words words) throws Refusal {
        CaptureCursor cursor = capture();
        String word = words.next();
        words.end();
        long number = word.isEmpty() ? -1 : Words.number(word);
        if (number < 0) {
            throw new Refusal("select '' (expected: the number of a packet, from 1)");
        }
        if (number == 0) {
            out.accept("packet count starts with 1, clamping!\n");
            number = 1;
        }
        goTo(cursor, number);
        restart();
    }

    /** Where there is no such packet, or the capture is damaged before it, the first packet is the one. */
    private void goTo(CaptureCursor cursor, long number) throws Refusal {
        boolean isThere;
        try {
            isThere = cursor.select(number);
        } catch (Refusal e) {
            backToFirst(cursor);
            throw e;
        }
        if (!isThere) {
            restart();
            throw new Refusal("no packet #" + number + " available! (expected: 1.." + cursor.size() + ")");
        }
    }

    /** A capture that cannot be read from its beginning any more is none. */
    private void backToFirst(CaptureCursor cursor) throws Refusal {
        try {
            cursor.first();
        } catch (Refusal e) {
            closeCapture();
            machine = null;
            throw e;
        }
        restart();
    }

    private void run(Words words) throws Refusal {
        SteppingMachine running = machine();
        CaptureCursor cursor = capture();
        String word = words.next();
        words.end();
        long limit = word.isEmpty() ? 0 : Words.number(word);
        boolean more = true;
        Refusal damage = null;
        for (long done = 1; more; done++) {
            if (stopsAtBreakpoint(running)) {
                return;
            }
            if (running.run().verdict() == 0) {
                fails++;
            } else {
                passes++;
            }
            try {
                more = cursor.next();
            } catch (Refusal e) {
                damage = e;
                more = false;
            }
            if (more) {
                show();
                if (done == limit) {
                    break;
                }
                if (interrupted) {
                    throw new Refusal("interrupted before packet #" + cursor.number() + " (run goes on)");
                }
            }
        }
        out.accept("bpf passes:" + passes + " fails:" + fails + "\n");
        backToFirst(cursor);
        if (damage != null) {
            throw damage;
        }
    }

    /** As with bpf_dbg, the instruction is shown and then run, so that the next command goes on behind it. */
    private boolean stopsAtBreakpoint(SteppingMachine running) {
        if (breakpoints.isEmpty() || !running.runTo(breakpoints::stops)) {
            return false;
        }
        stop(running);
        return true;
    }

    private void stop(SteppingMachine running) {
        out.accept(RegisterDump.of(running) + "(breakpoint)\n");
        running.step();
    }

    private void step(Words words) throws Refusal {
        SteppingMachine running = machine();
        String word = words.next();
        words.end();
        boolean isBack = word.startsWith("-");
        String digits = isBack || word.startsWith("+") ? word.substring(1) : word;
        long count = word.isEmpty() ? 1 : Words.number(digits);
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
            leave(end.get());
        }
    }

    /** What was last shown has been run: the one before it is two steps back. */
    private static void stepBack(SteppingMachine running, long count) throws Refusal {
        long target = running.steps() - 1 - count;
        if (target < 0) {
            throw new Refusal("reached bottom of register history stack!");
        }
        while (running.steps() > target) {
            running.stepBack();
        }
    }

    /** To the next packet. That a return ended the program was to be seen. */
    private void leave(SteppingMachine.End end) throws Refusal {
        if (end.cause() != SteppingMachine.Cause.RETURNED) {
            out.accept("(" + Ends.text(end, program()) + ")\n");
        }
        CaptureCursor cursor = capture();
        try {
            if (cursor.next()) {
                out.accept("(next packet)\n");
                show();
                return;
            }
        } catch (Refusal e) {
            backToFirst(cursor);
            throw e;
        }
        out.accept("(going back to first packet)\n");
        backToFirst(cursor);
    }

    private void disassemble(Words words) throws Refusal {
        Program loaded = program();
        String place = words.next();
        words.end();
        out.accept(
                place.isEmpty()
                        ? RegisterDump.disassembly(loaded)
                        : RegisterDump.line(loaded, Breakpoints.place(place, loaded)));
    }

    private void dump(Words words) throws Refusal {
        Program loaded = program();
        words.end();
        out.accept("/* { op, jt, jf, k }, */\n" + ProgramFormat.C.write(loaded.raw()));
    }

    private void next(Words words) throws Refusal {
        SteppingMachine running = machine();
        CaptureCursor cursor = capture();
        String which = words.next();
        words.end();
        boolean drops = Words.isAbbreviation(which, "drop");
        if (!drops && !Words.isAbbreviation(which, "pass")) {
            throw new Refusal("'" + Printable.message(which) + "' (expected: drop or pass)");
        }
        Filter filter = Filter.interpret(running.program());
        long from = cursor.number();
        Refusal reason = null;
        try {
            while (reason == null && cursor.next()) {
                packet.annotate(cursor.packet());
                if ((filter.run(packet) == 0) == drops) {
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
        goTo(cursor, from);
        show();
        throw reason != null
                ? reason
                : new Refusal("no packet after #" + from + " is " + (drops ? "dropped" : "kept") + " (still at #" + from
                        + ")");
    }

    private void arrive(CaptureCursor cursor) throws Refusal {
        restart();
        SteppingMachine.End end = new SteppingMachine(program(), packet).run();
        out.accept("packet #" + cursor.number() + ": " + Ends.text(end, program()) + "\n");
    }

    private void where(Words words) throws Refusal {
        SteppingMachine running = machine();
        words.end();
        StringBuilder counts = new StringBuilder();
        for (int pc = 0; pc < running.program().size(); pc++) {
            String mark = pc == running.pc() ? "=>" : "  ";
            counts.append(String.format("%s%11d  ", mark, running.visits(pc)))
                    .append(RegisterDump.line(running.program(), pc));
        }
        out.accept(counts.toString());
    }

    private void verify(Words words) throws Refusal {
        SteppingMachine running = machine();
        String what = words.next();
        words.end();
        if (!Words.isAbbreviation(what, "kernel")) {
            throw new Refusal("'" + Printable.message(what) + "' (expected: kernel)");
        }
        out.accept(KernelVerdict.compare(
                running.program(), packet, capture().packet().toByteArray()));
    }

    @Override
    public void close() throws Refusal {
        closeCapture();
    }
}
