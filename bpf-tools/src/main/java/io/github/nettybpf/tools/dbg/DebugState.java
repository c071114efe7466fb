package io.github.nettybpf.tools.dbg;

import io.github.nettybpf.core.AnnotatedPacket;
import io.github.nettybpf.core.Extension;
import io.github.nettybpf.core.Packet;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.core.SteppingMachine;
import io.github.nettybpf.expression.LinkType;
import io.github.nettybpf.tools.AddressSetOption;
import io.github.nettybpf.tools.AnyProgram;
import io.github.nettybpf.tools.Refusal;
import io.github.nettybpf.tools.capture.CaptureInterface;
import io.github.nettybpf.tools.capture.LinkTypes;
import java.io.InputStream;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link Debugger} has loaded: a program, a capture, and the machine that runs the program on the current
 * packet. An expression is a program for each link type that occurs, with breakpoints and counts of its own.
 */
final class DebugState implements AutoCloseable {
    /** The current packet of the capture, with the extensions that were set. */
    final AnnotatedPacket packet = new AnnotatedPacket(Packet.of(new byte[0]));

    /** Packets that passed since the last {@link #restart}. */
    long passes;

    /** Packets that failed since then. */
    long fails;

    private final Consumer<String> out;
    private final AddressSetOption sets;

    /** What was loaded. */
    private @Nullable AnyProgram source;

    /** What {@link #source} is for the link types so far; of a program, only the entry for Ethernet is used. */
    private final Map<LinkType, LoadedProgram> programs = new EnumMap<>(LinkType.class);

    /** That of the current packet; null if there is none, and then {@link #whyNone} says why. */
    private @Nullable LoadedProgram current;

    private String whyNone = "";

    /** The link type of {@link #current}. */
    private LinkType linkType = LinkType.EN10MB;

    /** The interface of the packet that {@link #current} was found for. */
    private @Nullable CaptureInterface origin;

    private @Nullable CaptureCursor capture;

    DebugState(Consumer<String> out, AddressSetOption sets) {
        this.out = out;
        this.sets = sets;
    }

    /** {@return the number of instructions of the program, 0 if none is loaded} */
    int size() {
        return current == null ? 0 : current.program.size();
    }

    /** {@return the link type that the expression is compiled for at the current packet, or null for a program} */
    @Nullable
    LinkType linkType() {
        return current != null && source != null && source.isExpression() ? linkType : null;
    }

    private LoadedProgram current() throws Refusal {
        if (source == null) {
            throw new Refusal("no bpf program loaded!");
        } else if (current == null) {
            throw new Refusal(whyNone);
        }
        return current;
    }

    /**
     * {@return the program}
     *
     * @throws Refusal if none is loaded, or the expression cannot be compiled for the link type of the current packet
     */
    Program program() throws Refusal {
        return current().program;
    }

    /**
     * {@return the breakpoints of the program}
     *
     * @throws Refusal as {@link #program}
     */
    Breakpoints breakpoints() throws Refusal {
        return current().breakpoints;
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
     * @throws Refusal as {@link #program}, or if no capture is loaded
     */
    SteppingMachine machine() throws Refusal {
        LoadedProgram loaded = current();
        capture();
        return loaded.machine(packet);
    }

    /**
     * {@return the verdict on the packet that the capture is at, unsigned} Machines stay where they are.
     *
     * @throws Refusal as {@link #machine}
     */
    int verdict() throws Refusal {
        capture();
        findProgram();
        return current().filter.run(packet);
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
        AnyProgram read = AnyProgram.of(text.replace("\\n", "\n"), InputStream.nullInputStream())
                .withSets(sets);
        read.check();
        source = read;
        restart();
        Program program = loaded();
        for (Extension extension : program.extensions()) {
            if (packet.extension(extension, 0, 0) == Packet.NOT_KNOWN) {
                String name = extension.mnemonic();
                int pc = program.firstReading(extension).orElseThrow();
                out.accept("insn " + pc + " reads " + name + ", which is not known and drops the packet (set ext "
                        + name + " VALUE)\n");
            }
        }
    }

    /** {@return the program that was loaded now; if it is none, nothing is loaded} */
    private Program loaded() throws Refusal {
        try {
            return program();
        } catch (Refusal e) {
            forgetProgram();
            throw e;
        }
    }

    private void forgetProgram() {
        source = null;
        programs.clear();
        current = null;
        origin = null;
    }

    /** Finds the program for the packet that the capture is at, and shows it that packet. */
    private void findProgram() {
        CaptureInterface from = null;
        if (capture != null) {
            from = capture.packet().origin();
            packet.annotate(capture.packet());
        }
        AnyProgram read = source;
        boolean isKnown = current != null && (from == null || from.equals(origin));
        if (read == null || isKnown) {
            return;
        }
        origin = from;
        current = null;
        LinkType type = LinkType.EN10MB;
        if (from != null && read.isExpression()) {
            LinkType known = LinkTypes.of(from).orElse(null);
            if (known == null) {
                whyNone = place() + "link type " + from.linkType() + " (expected: one that expressions know)";
                return;
            }
            type = known;
        }
        linkType = type;
        current = programs.get(type);
        if (current == null) {
            compile(read, type);
        }
    }

    private void compile(AnyProgram read, LinkType type) {
        try {
            LoadedProgram compiled = new LoadedProgram(read.program(type), out);
            programs.put(type, compiled);
            current = compiled;
        } catch (Refusal e) {
            whyNone = place() + e.getMessage();
        }
    }

    private String place() {
        return capture == null ? "" : "packet #" + capture.number() + ": ";
    }

    /**
     * Loads a capture. An expression that is loaded is compiled again, for the link types of this capture.
     *
     * @throws Refusal if the capture cannot be read, or the expression not be compiled for the first packet
     */
    void loadCapture(String file) throws Refusal {
        if (file.isEmpty()) {
            throw new Refusal("'' (expected: the name of a capture)");
        }
        closeCapture();
        capture = CaptureCursor.open(file);
        if (source != null && source.isExpression()) {
            programs.clear();
            current = null;
        }
        restart();
        if (source != null) {
            loaded();
        }
    }

    private void closeCapture() throws Refusal {
        CaptureCursor open = capture;
        capture = null;
        programs.values().forEach(LoadedProgram::forgetMachine);
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
        findProgram();
        if (current != null) {
            current.restart(packet);
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
            throw e;
        }
        restart();
    }

    @Override
    public void close() throws Refusal {
        closeCapture();
    }
}
