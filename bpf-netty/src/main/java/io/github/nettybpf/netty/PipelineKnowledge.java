package io.github.nettybpf.netty;

import io.github.nettybpf.core.Extension;
import io.github.nettybpf.core.OffsetBase;
import io.github.nettybpf.core.Placement;
import io.github.nettybpf.core.Program;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * What a pipeline cannot tell a program of a packet. A program that asks for it is refused before it sees one: a made-up
 * answer would be a verdict that the kernel does not give.
 */
final class PipelineKnowledge {
    private PipelineKnowledge() {}

    /** {@return what is wrong with running the program in a pipeline, naming the instruction}, or empty if nothing is. */
    static Optional<String> missing(Program program, Placement placement) {
        return missing(program, placement, false);
    }

    /**
     * As {@link #missing(Program, Placement)}.
     *
     * @param frames whether the channel is a packet channel, which knows more of a frame than its bytes
     */
    static Optional<String> missing(Program program, Placement placement, boolean frames) {
        if (placement == Placement.TCP_SOCKET) {
            return Optional.of("placement TCP_SOCKET: a pipeline has no TCP header (expected: Offload.REQUIRED)");
        }
        Set<Extension> known = known(placement, frames);
        for (Extension extension : program.extensions()) {
            OptionalInt pc = program.firstReading(extension);
            if (!known.contains(extension) && pc.isPresent()) {
                return Optional.of(at(program, pc.getAsInt()) + "a pipeline does not know it (expected: " + names(known)
                        + "; or Offload.REQUIRED)");
            }
        }
        OptionalInt linkLayer = program.firstReading(OffsetBase.LINK_LAYER);
        if (frames && placement == Placement.IP && linkLayer.isPresent()) {
            return Optional.of(
                    at(program, linkLayer.getAsInt())
                            + "a packet channel of type DGRAM has no link-layer header (expected: type RAW; or Offload.REQUIRED)");
        }
        return placement == Placement.UDP_SOCKET ? new UdpKnowledge(program).missing() : Optional.empty();
    }

    /** {@return whether it is the placement of a packet channel} */
    private static boolean isLink(Placement placement) {
        return placement == Placement.ETHERNET || placement == Placement.IP;
    }

    static String at(Program program, int pc) {
        return "insn " + pc + ": " + program.instructions().get(pc) + ": ";
    }

    private static Set<Extension> known(Placement placement, boolean frames) {
        Set<Extension> known = EnumSet.of(Extension.LEN, Extension.RAND, Extension.XOR_X);
        if (placement == Placement.UDP_SOCKET) {
            known.add(Extension.PROTO);
        } else {
            known.add(Extension.NLA);
            known.add(Extension.NLAN);
        }
        if (frames && isLink(placement)) {
            known.addAll(FramePacket.KNOWN);
        }
        return known;
    }

    private static String names(Set<Extension> extensions) {
        return String.join(
                ", ",
                extensions.stream().map(e -> e.name().toLowerCase(Locale.ROOT)).toList());
    }
}
