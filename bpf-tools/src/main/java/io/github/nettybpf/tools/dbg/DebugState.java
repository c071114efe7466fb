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
 * What a {@link Debugger} has loaded: a program, a capture, and the machine that runs the program on the current
 * packet.
 */
final class DebugState implements AutoCloseable {
    /** The current packet of the capture, with the extensions that were set. */
    final AnnotatedPacket packet = new AnnotatedPacket(Packet.of(new byte[0]));

    final Breakpoints breakpoints;

    /** Packets that passed since the last {@link #restart}. */
    long passes;

    /** Packets that failed since then. */
    long fails;

    private final Consumer<String> out;

    /** What was loaded. */
    private @Nullable AnyProgram source;

    /** What {@link #source} is for packets of this capture. */
    private @Nullable Program program;

    private @Nullable CaptureCursor capture;

    /** Created once there are a program and a capture. */
    private @Nullable SteppingMachine machine;

    DebugState(Consumer<String> out) {
        this.out = out;
        this.breakpoints = new Breakpoints(out);
    }

    /** {@return the number of instructions of the program, 0 if none is loaded} */
    int size() {
        return program == null ? 0 : program.size();
    }

    /**
     * {@return the program}
     *
     * @throws Refusal if none is loaded
     */
    Program program() throws Refusal {
        if (program == null) {
            throw new Refusal("no bpf program loaded!");
        }
        return program;
    }

    /**
     * {@return the capture}
     *
     * @throws Refusal if none is loaded
     */
    CaptureCursor capture() throws Refusal {
        if (capture == null) {
            throw new Refusal("no pcap file loaded!");
        }
        return capture;
    }

    /**
     * {@return the machine}
     *
     * @throws Refusal if no program or no capture is loaded
     */
    SteppingMachine machine() throws Refusal {
        Program loaded = program();
        capture();
        if (machine == null) {
            machine = new SteppingMachine(loaded, packet);
        }
        return machine;
    }

    /**
     * Loads a program. As in bpf_dbg, no program is loaded after a failure.
     *
     * @throws Refusal if it is not a program
     */
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

    /**
     * Loads a capture. An expression that is loaded is compiled again, for the link type of this capture.
     *
     * @throws Refusal if the capture cannot be read, or the expression not be compiled
     */
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

    /** Restarts the program and the counts. */
    void restart() {
        passes = 0;
        fails = 0;
        showPacket();
    }

    /** Restarts the program on the current packet of the capture. */
    void showPacket() {
        if (capture != null) {
            packet.annotate(capture.packet());
        }
        if (machine != null) {
            machine.restart(packet);
        }
    }

    /**
     * Selects a packet; the first if there is no such packet, or the capture is damaged before it.
     *
     * @throws Refusal in both cases
     */
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

    /**
     * Goes back to the first packet.
     *
     * @throws Refusal if that cannot be read any more; no capture is loaded then
     */
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
