package io.github.nettybpf.tools.run;

import io.github.nettybpf.core.Extension;
import io.github.nettybpf.core.Filter;
import io.github.nettybpf.core.OffsetBase;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.expression.LinkType;
import io.github.nettybpf.netty.KernelFilter;
import io.github.nettybpf.tools.AnyProgram;
import io.github.nettybpf.tools.Printable;
import io.github.nettybpf.tools.Refusal;
import io.github.nettybpf.tools.capture.CaptureInterface;
import io.github.nettybpf.tools.capture.CapturedPacket;
import io.github.nettybpf.tools.capture.LinkTypes;
import io.netty.channel.ChannelException;
import java.io.UncheckedIOException;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A program's verdicts on packets of captures, by one engine. An expression is compiled for each link type that comes. */
final class Verdicts implements AutoCloseable {
    private static final Set<Extension> KNOWN =
            EnumSet.of(Extension.LEN, Extension.RAND, Extension.XOR_X, Extension.NLA, Extension.NLAN);

    private final AnyProgram program;
    private final @Nullable LinkType asked;
    private final Engine engine;
    private final @Nullable KernelFilter kernel;
    private final Map<LinkType, Judge> judges = new EnumMap<>(LinkType.class);
    private @Nullable CaptureInterface lastOrigin;
    private @Nullable Judge last;

    /** What gives the verdict on a packet. */
    interface Judge {
        int verdict(CapturedPacket packet) throws Refusal;
    }

    /**
     * The verdicts of an engine, to be closed.
     *
     * @param asked the link type to take all packets for, or null for what the capture says
     * @throws Refusal if the engine is not there, or the program cannot be run on captures
     */
    Verdicts(AnyProgram program, @Nullable LinkType asked, Engine engine) throws Refusal {
        this.program = program;
        this.asked = asked;
        this.engine = engine;
        program.check();
        this.kernel = engine == Engine.KERNEL ? openKernel() : null;
        if (!program.isExpression() || asked != null) {
            last = judge(asked == null ? LinkType.EN10MB : asked);
        }
    }

    /** {@return the running kernel, to be closed} */
    static KernelFilter openKernel() throws Refusal {
        Throwable unavailable = KernelFilter.unavailabilityCause();
        if (unavailable != null) {
            throw new Refusal("--engine kernel: " + Printable.message(unavailable.toString())
                    + " (expected: Linux, and Netty's native epoll library for it)");
        }
        return KernelFilter.open();
    }

    /**
     * {@return the verdict on a packet, unsigned}
     *
     * @throws Refusal if the expression cannot be compiled for its link type, or the kernel cannot be shown the packet
     */
    int of(CapturedPacket packet) throws Refusal {
        Judge judge = last;
        if (judge == null || !packet.origin().equals(lastOrigin)) {
            judge = find(packet);
            last = judge;
            lastOrigin = packet.origin();
        }
        return judge.verdict(packet);
    }

    /** {@return the judge for packets of this origin} */
    Judge find(CapturedPacket packet) throws Refusal {
        LinkType linkType = asked;
        if (linkType == null && program.isExpression()) {
            linkType = LinkTypes.of(packet.origin())
                    .orElseThrow(() -> new Refusal("packet " + packet.number() + ": link type "
                            + packet.origin().linkType()
                            + ", of which expressions know nothing (expected: --link-type, or a program)"));
        }
        LinkType key = linkType == null ? LinkType.EN10MB : linkType;
        Judge judge = judges.get(key);
        return judge == null ? judge(key) : judge;
    }

    private Judge judge(LinkType linkType) throws Refusal {
        Program compiled = program.program(linkType);
        for (Extension extension : compiled.extensions()) {
            if (!KNOWN.contains(extension)) {
                throw new Refusal("insn " + compiled.firstReading(extension).orElseThrow() + " reads "
                        + extension.mnemonic() + ", which captures do not tell");
            }
        }
        KernelFilter open = kernel;
        Judge judge;
        if (open != null) {
            judge = askKernel(open, compiled);
        } else {
            Filter filter = engine == Engine.COMPILER
                    ? Filter.compile(compiled, CapturedPacket.KINDS)
                    : Filter.interpret(compiled);
            judge = filter::run;
        }
        judges.put(linkType, judge);
        return judge;
    }

    /** The kernel is asked through a unix socket, which shows a program less than a packet socket does. */
    private static Judge askKernel(KernelFilter kernel, Program program) throws Refusal {
        for (OffsetBase window : new OffsetBase[] {OffsetBase.NETWORK, OffsetBase.LINK_LAYER}) {
            if (program.offsetBases().contains(window)) {
                throw new Refusal(
                        "--engine kernel: insn " + program.firstReading(window).orElseThrow()
                                + " reads the " + (window == OffsetBase.NETWORK ? "network" : "link-layer")
                                + " header, which a unix socket does not have (expected: another engine)");
            }
        }
        boolean readsLength = program.extensions().contains(Extension.LEN);
        return packet -> {
            if (packet.length() > KernelFilter.MAX_PACKET) {
                throw new Refusal("--engine kernel: packet " + packet.number() + " of " + packet.length()
                        + " bytes (expected: at most " + KernelFilter.MAX_PACKET + ")");
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
