package io.github.nettybpf.tools.run;

import io.github.nettybpf.core.Extension;
import io.github.nettybpf.core.Filter;
import io.github.nettybpf.core.OffsetBase;
import io.github.nettybpf.core.Packet;
import io.github.nettybpf.core.Placement;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.expression.LinkType;
import io.github.nettybpf.netty.KernelOracle;
import io.github.nettybpf.netty.PipelineSupport;
import io.github.nettybpf.tools.AnyProgram;
import io.github.nettybpf.tools.Printable;
import io.github.nettybpf.tools.Refusal;
import io.github.nettybpf.tools.capture.CaptureInterface;
import io.github.nettybpf.tools.capture.CapturedPacket;
import io.github.nettybpf.tools.capture.LinkTypes;
import io.netty.channel.ChannelException;
import java.io.UncheckedIOException;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
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
    private final Map<LinkType, CaptureFilter> filters = new EnumMap<>(LinkType.class);
    private @Nullable CaptureInterface lastOrigin;
    private @Nullable CaptureFilter last;

    /** A filter of captured packets, which may have to refuse one. */
    interface CaptureFilter {
        int verdict(CapturedPacket packet) throws Refusal;
    }

    /**
     * The verdicts of an engine, to be closed.
     *
     * @param asked the link type to assume for all packets, or null for that of the capture
     * @param remarks takes a warning if an expression rejects all packets of a link type, and a note if it accepts them
     * @throws Refusal if the engine is not available, or the program cannot be run on captures
     */
    Verdicts(AnyProgram program, @Nullable LinkType asked, Engine engine, Consumer<String> remarks) throws Refusal {
        this.remarks = remarks;
        this.program = program;
        this.asked = asked;
        this.engine = engine;
        program.check();
        this.kernel = engine == Engine.KERNEL ? openKernel() : null;
        if (!program.isExpression() || asked != null) {
            last = newFilter(asked == null ? LinkType.EN10MB : asked);
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
        LinkType linkType = asked;
        if (linkType == null && program.isExpression()) {
            linkType = LinkTypes.of(packet.origin())
                    .or(() -> program.compiles(LinkType.OTHER) ? Optional.of(LinkType.OTHER) : Optional.empty())
                    .orElseThrow(() -> new Refusal("packet " + packet.number() + ": link type "
                            + packet.origin().linkType()
                            + ", which expressions do not know (expected: --link-type, or a program)"));
        }
        LinkType key = linkType == null ? LinkType.EN10MB : linkType;
        CaptureFilter filter = filters.get(key);
        return filter == null ? newFilter(key) : filter;
    }

    private CaptureFilter newFilter(LinkType linkType) throws Refusal {
        Program compiled = program.program(linkType);
        if (program.isExpression() && !program.text().isBlank() && compiled.size() == 1) {
            boolean rejects = Filter.interpret(compiled).run(Packet.of(new byte[0])) == 0;
            remarks.accept(
                    rejects
                            ? "warning: expression rejects all packets of link type " + linkType
                            : "note: expression accepts all packets of link type " + linkType);
        }
        for (Extension extension : compiled.extensions()) {
            if (!KNOWN.contains(extension)) {
                throw new Refusal("insn " + compiled.firstReading(extension).orElseThrow() + " reads "
                        + extension.mnemonic() + ", which is not in a capture");
            }
        }
        KernelOracle open = kernel;
        CaptureFilter filter;
        if (open != null) {
            filter = kernelFilter(open, compiled);
        } else {
            Filter engineFilter = engine == Engine.COMPILER
                    ? Filter.compile(compiled, CapturedPacket.KINDS)
                    : Filter.interpret(compiled);
            filter = engineFilter::run;
        }
        filters.put(linkType, filter);
        return filter;
    }

    /** The kernel runs the program on a unix socket, which has less to read than a packet socket. */
    private static CaptureFilter kernelFilter(KernelOracle kernel, Program program) throws Refusal {
        for (OffsetBase base : new OffsetBase[] {OffsetBase.NETWORK, OffsetBase.LINK_LAYER}) {
            if (program.offsetBases().contains(base)) {
                throw new Refusal(
                        "--engine kernel: insn " + program.firstReading(base).orElseThrow()
                                + " reads the " + (base == OffsetBase.NETWORK ? "network" : "link-layer")
                                + " header, which a unix socket does not have (expected: another engine)");
            }
        }
        boolean readsLength = program.extensions().contains(Extension.LEN);
        return packet -> {
            if (packet.length() > KernelOracle.MAX_PACKET) {
                throw new Refusal("--engine kernel: packet " + packet.number() + " of " + packet.length()
                        + " bytes (expected: at most " + KernelOracle.MAX_PACKET + ")");
            }
            if (readsLength && packet.length() != packet.wireLength()) {
                throw new Refusal("--engine kernel: packet " + packet.number() + " has "
                        + packet.length() + " of " + Integer.toUnsignedString(packet.wireLength())
                        + " bytes, and the program reads len (expected: another engine)");
            }
            try {
                return kernel.verdict(program, packet.toByteArray());
            } catch (ChannelException | UncheckedIOException e) {
                throw new Refusal("--engine kernel: " + Printable.message(String.valueOf(e.getMessage())));
            }
        };
    }

    @Override
    public void close() {
        if (kernel != null) {
            kernel.close();
        }
    }
}
