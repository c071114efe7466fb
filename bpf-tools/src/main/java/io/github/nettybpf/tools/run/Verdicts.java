package io.github.nettybpf.tools.run;

import io.github.nettybpf.core.DecisionFilter;
import io.github.nettybpf.core.Extension;
import io.github.nettybpf.core.Filter;
import io.github.nettybpf.core.OffsetBase;
import io.github.nettybpf.core.Packet;
import io.github.nettybpf.core.PacketKinds;
import io.github.nettybpf.core.Placement;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.expression.LinkType;
import io.github.nettybpf.netty.KernelOracle;
import io.github.nettybpf.netty.PipelineSupport;
import io.github.nettybpf.tools.AnyProgram;
import io.github.nettybpf.tools.CapturePlacement;
import io.github.nettybpf.tools.PacketStart;
import io.github.nettybpf.tools.Printable;
import io.github.nettybpf.tools.Refusal;
import io.github.nettybpf.tools.RuleCounts;
import io.github.nettybpf.tools.capture.CaptureInterface;
import io.github.nettybpf.tools.capture.CapturedPacket;
import io.github.nettybpf.tools.capture.PlacedPacket;
import io.netty.channel.ChannelException;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A program's verdicts on packets of captures, by one engine. An expression is compiled for each link type that occurs.
 */
final class Verdicts implements AutoCloseable {
    /** A capture has the bytes of packets and nothing else. */
    private static final Set<Extension> KNOWN = PipelineSupport.knownExtensions(Placement.PAYLOAD, Set.of());

    private final AnyProgram program;
    private final @Nullable LinkType asked;
    private final Engine engine;
    private final Consumer<String> remarks;
    private final @Nullable KernelOracle kernel;
    private final CapturePlacement placement;
    private final @Nullable RuleCounts rules;
    private final Map<PacketStart, CaptureFilter> filters = new HashMap<>();
    private @Nullable CaptureInterface lastOrigin;
    private @Nullable CaptureFilter last;

    /** A filter of captured packets, which may have to refuse one. */
    interface CaptureFilter {
        int verdict(CapturedPacket packet) throws Refusal;

        /** {@return how many bytes of the captured packet are kept, unsigned, for the verdict on the last one} */
        default int kept(int verdict) {
            return verdict;
        }
    }

    /** A filter of what a program is shown of a captured packet, whose number is for messages. */
    private interface ShownFilter {
        int verdict(Packet shown, long number) throws Refusal;
    }

    /** Runs a program on what {@link PlacedPacket} shows. */
    private record PlacedFilter(PlacedPacket placed, ShownFilter filter) implements CaptureFilter {
        @Override
        public int verdict(CapturedPacket packet) throws Refusal {
            if (!placed.show(packet)) {
                throw new Refusal(
                        "packet " + packet.number() + ": no " + placed.needs() + " (expected: one, for placement "
                                + placed.placement().name().toLowerCase(Locale.ROOT) + ")");
            }
            return filter.verdict(placed, packet.number());
        }

        @Override
        public int kept(int verdict) {
            return placed.kept(verdict);
        }
    }

    /**
     * The verdicts of an engine, to be closed.
     *
     * @param asked the link type to assume for all packets, or null for that of the capture
     * @param placement what offset 0 is
     * @param rules counts the packets by rule, or null; not with the kernel
     * @param remarks takes a warning if an expression rejects all packets of a link type, and a note if it accepts them
     * @throws Refusal if the engine is not available, or the program cannot be run on captures
     */
    Verdicts(
            AnyProgram program,
            @Nullable LinkType asked,
            CapturePlacement placement,
            Engine engine,
            @Nullable RuleCounts rules,
            Consumer<String> remarks)
            throws Refusal {
        this.remarks = remarks;
        this.program = program;
        this.asked = asked;
        this.placement = placement;
        this.engine = engine;
        this.rules = rules;
        program.check();
        this.kernel = engine == Engine.KERNEL ? openKernel() : null;
        if (!program.isExpression() || asked != null) {
            last = newFilter(new PacketStart(asked == null ? LinkType.EN10MB : asked, null));
        }
    }

    /** {@return the running kernel, to be closed} */
    static KernelOracle openKernel() throws Refusal {
        Throwable unavailable = KernelOracle.unavailabilityCause();
        if (unavailable != null) {
            throw new Refusal("--engine kernel: " + Printable.message(unavailable.toString())
                    + " (expected: Linux, and Netty's native epoll library for it)");
        }
        return KernelOracle.open();
    }

    /**
     * {@return the verdict on a packet, unsigned}
     *
     * @throws Refusal if the expression cannot be compiled for its link type, or the packet cannot be sent to the
     *     kernel
     */
    int of(CapturedPacket packet) throws Refusal {
        CaptureFilter filter = last;
        if (filter == null || !packet.origin().equals(lastOrigin)) {
            filter = filter(packet);
            last = filter;
            lastOrigin = packet.origin();
        }
        return filter.verdict(packet);
    }

    /** {@return the filter for packets of the same origin} */
    CaptureFilter filter(CapturedPacket packet) throws Refusal {
        PacketStart key = PacketStart.of(packet, program, asked, placement);
        CaptureFilter filter = filters.get(key);
        return filter == null ? newFilter(key) : filter;
    }

    /** {@return how many bytes of the packet that was judged last are kept, unsigned} */
    int kept(int verdict) {
        return Objects.requireNonNull(last).kept(verdict);
    }

    private CaptureFilter newFilter(PacketStart start) throws Refusal {
        Placement place = start.placement();
        Program compiled = start.program(program);
        if (program.isExpression() && !program.text().isBlank() && compiled.size() == 1) {
            boolean rejects = Filter.interpret(compiled).run(Packet.of(new byte[0])) == 0;
            remarks.accept(
                    rejects
                            ? "warning: expression rejects all packets of " + start
                            : "note: expression accepts all packets of " + start);
        }
        for (Extension extension : compiled.extensions()) {
            if (!KNOWN.contains(extension)) {
                throw new Refusal("insn " + compiled.firstReading(extension).orElseThrow() + " reads "
                        + extension.mnemonic() + ", which is not in a capture");
            }
        }
        PacketKinds kinds = place == null ? CapturedPacket.KINDS : PlacedPacket.KINDS;
        ShownFilter shown = shownFilter(start, compiled, kinds);
        CaptureFilter filter = place == null
                ? packet -> shown.verdict(packet, packet.number())
                : new PlacedFilter(new PlacedPacket(place), shown);
        filters.put(start, filter);
        return filter;
    }

    private ShownFilter shownFilter(PacketStart start, Program compiled, PacketKinds kinds) throws Refusal {
        KernelOracle open = kernel;
        RuleCounts counts = rules;
        boolean isInterpreted = engine == Engine.INTERPRETER;
        if (open != null) {
            return kernelFilter(open, compiled);
        } else if (counts != null) {
            DecisionFilter decisions =
                    isInterpreted ? DecisionFilter.interpret(compiled) : DecisionFilter.compile(compiled, kinds);
            RuleCounts.Rules counted = counts.add(start.toString(), decisions);
            return (packet, number) -> counted.verdict(counted.decide(packet), packet);
        }
        Filter filter = isInterpreted ? Filter.interpret(compiled) : Filter.compile(compiled, kinds);
        return (packet, number) -> filter.run(packet);
    }

    /** The kernel runs the program on a unix socket, which has less to read than a packet socket. */
    private static ShownFilter kernelFilter(KernelOracle kernel, Program program) throws Refusal {
        for (OffsetBase base : new OffsetBase[] {OffsetBase.NETWORK, OffsetBase.LINK_LAYER}) {
            if (program.offsetBases().contains(base)) {
                throw new Refusal(
                        "--engine kernel: insn " + program.firstReading(base).orElseThrow()
                                + " reads the " + (base == OffsetBase.NETWORK ? "network" : "link-layer")
                                + " header, which a unix socket does not have (expected: another engine)");
            }
        }
        boolean readsLength = program.extensions().contains(Extension.LEN);
        return (packet, number) -> {
            if (packet.length() > KernelOracle.MAX_PACKET) {
                throw new Refusal("--engine kernel: packet " + number + " of " + packet.length()
                        + " bytes (expected: at most " + KernelOracle.MAX_PACKET + ")");
            }
            if (readsLength && packet.length() != packet.wireLength()) {
                throw new Refusal("--engine kernel: packet " + number + " has "
                        + packet.length() + " of " + Integer.toUnsignedString(packet.wireLength())
                        + " bytes, and the program reads len (expected: another engine)");
            }
            try {
                return kernel.verdict(program, bytes(packet));
            } catch (ChannelException | UncheckedIOException e) {
                throw new Refusal("--engine kernel: " + Printable.message(String.valueOf(e.getMessage())));
            }
        };
    }

    private static byte[] bytes(Packet packet) {
        byte[] bytes = new byte[packet.length()];
        for (int at = 0; at < bytes.length; at++) {
            bytes[at] = (byte) packet.u8(at);
        }
        return bytes;
    }

    @Override
    public void close() {
        if (kernel != null) {
            kernel.close();
        }
    }
}
