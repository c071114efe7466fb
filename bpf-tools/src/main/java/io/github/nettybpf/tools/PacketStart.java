package io.github.nettybpf.tools;

import io.github.nettybpf.core.Placement;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.expression.LinkType;
import io.github.nettybpf.tools.capture.CapturedPacket;
import io.github.nettybpf.tools.capture.LinkTypes;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Where captured packets begin to a program.
 *
 * @param linkType the link type that expressions are compiled for, if there is no placement
 * @param placement what offset 0 is, or null for the first byte that was captured
 */
public record PacketStart(LinkType linkType, @Nullable Placement placement) {
    /**
     * {@return where a packet begins}
     *
     * @param program the program, or an expression
     * @param asked the link type that was asked for, or null for that of the capture
     * @param placement what offset 0 is, if no link type was asked for
     * @throws Refusal if it is an expression, and the link type is none that it can be compiled for
     */
    public static PacketStart of(
            CapturedPacket packet, AnyProgram program, @Nullable LinkType asked, CapturePlacement placement)
            throws Refusal {
        if (asked != null) {
            return new PacketStart(asked, null);
        }
        Placement placed = placement.of(packet.origin());
        if (placed != null || !program.isExpression()) {
            return new PacketStart(LinkType.EN10MB, placed);
        }
        LinkType linkType = LinkTypes.of(packet.origin())
                .or(() -> program.compiles(LinkType.OTHER) ? Optional.of(LinkType.OTHER) : Optional.empty())
                .orElseThrow(() -> new Refusal("packet " + packet.number() + ": link type "
                        + packet.origin().linkType()
                        + ", which expressions do not know (expected: --link-type, or a program)"));
        return new PacketStart(linkType, null);
    }

    /**
     * {@return the program for these packets}
     *
     * @throws Refusal if it is an expression that cannot be compiled
     */
    public Program program(AnyProgram source) throws Refusal {
        return placement == null ? source.program(linkType) : source.program(placement);
    }

    /** {@return where packets begin, for people, for example {@code placement udp_socket}} */
    @Override
    public String toString() {
        return placement == null
                ? "link type " + linkType
                : "placement " + placement.name().toLowerCase(Locale.ROOT);
    }
}
