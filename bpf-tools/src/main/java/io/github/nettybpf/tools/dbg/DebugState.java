package io.github.nettybpf.tools.dbg;

import io.github.nettybpf.core.AnnotatedPacket;
import io.github.nettybpf.core.Extension;
import io.github.nettybpf.core.Packet;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.core.SteppingMachine;
import io.github.nettybpf.expression.LinkType;
import io.github.nettybpf.tools.AnyProgram;
import io.github.nettybpf.tools.Refusal;
import io.github.nettybpf.tools.capture.LinkTypes;
import java.io.InputStream;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link Debugger} has loaded, and where it is in that: a program, a capture, and a machine that runs the one on a
 * packet of the other.
 */
final class DebugState implements AutoCloseable {
    /** The packet where the capture is. */
    final AnnotatedPacket packet = new AnnotatedPacket(Packet.of(new byte[0]));

    final Breakpoints breakpoints;

    /** What was counted since the last {@link #restart}. */
    long passes;

    long fails;

    private final Consumer<String> out;

    /** What was loaded, and what it is for the packets of the capture. */
    private @Nullable AnyProgram source;

    private @Nullable Program program;
    private @Nullable CaptureCursor capture;

    /** Made when there are a program and a capture. */
    private @Nullable SteppingMachine machine;

    /** Has nothing loaded. */
    DebugState(Consumer<String> out) {
        this.out = out;
        this.breakpoints = new Breakpoints(out);
    }

    /** {@return the number of instructions of the program}, 0 without one. */
    int size() {
        return program == null ? 0 : program.size();
    }

    /** {@return the program, which is asked for} */
    Program program() throws Refusal {
        if (program == null) {
            throw new Refusal("no bpf program loaded!");
        }
        return program;
    }

    /** {@return the capture, which is asked for} */
    CaptureCursor capture() throws Refusal {
        if (capture == null) {
            throw new Refusal("no pcap file loaded!");
        }
        return capture;
    }

    /** {@return the machine, for which a program and a capture are asked for} */
    SteppingMachine machine() throws Refusal {
        Program loaded = program();
        capture();
        if (machine == null) {
            machine = new SteppingMachine(loaded, packet);
        }
        return machine;
    }

    /** As with bpf_dbg, a program that is refused leaves none. */
    void loadProgram(String text) throws Refusal {
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
                String name = extension.mnemonic();
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
    void loadCapture(String file) throws Refusal {
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
    void restart() {
        passes = 0;
        fails = 0;
        show();
    }

    /** To the beginning of the program, with the packet where the capture is. */
    void show() {
        if (capture != null) {
            packet.annotate(capture.packet());
        }
        if (machine != null) {
            machine.restart(packet);
        }
    }

    /** Where there is no such packet, or the capture is damaged before it, the first packet is the one. */
    void goTo(CaptureCursor cursor, long number) throws Refusal {
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
    void backToFirst(CaptureCursor cursor) throws Refusal {
        try {
            cursor.first();
        } catch (Refusal e) {
            closeCapture();
            machine = null;
            throw e;
        }
        restart();
    }

    @Override
    public void close() throws Refusal {
        closeCapture();
    }
}
