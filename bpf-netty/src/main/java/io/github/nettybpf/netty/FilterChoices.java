package io.github.nettybpf.netty;

import io.github.nettybpf.core.Placement;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.netty.drops.DropListener;
import io.github.nettybpf.netty.source.FilterRule;
import io.netty.channel.Channel;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What was chosen when a handler was built: see {@link BpfFilterHandlerBuilder}.
 *
 * @param placement what offset 0 is, or null if the program or the channel decides
 * @param dropsOneIn of how many dropped packets one is a sample for the listener, or 0 if none is
 */
record FilterChoices(
        Offload offload,
        @Nullable Placement placement,
        boolean lossyHandover,
        boolean afterOtherHandlers,
        boolean offloadsHotSources,
        boolean countsReturns,
        int dropsOneIn,
        @Nullable DropListener dropListener) {

    /** {@return whether it is counted how the program decides} */
    boolean countsDecisions() {
        return countsReturns || dropListener != null;
    }

    /** {@return the placement that was given, or that the program knows, or null if the channel decides} */
    @Nullable
    Placement placementOf(Program program) {
        return placement == null ? program.placement().orElse(null) : placement;
    }

    /** {@return the placement on a channel: what it shows to its filter if neither builder nor program have one} */
    Placement placementOn(Channel channel, Program program) {
        Placement known = placementOf(program);
        if (known != null) {
            return known;
        }
        Placement own = SocketFilters.placement(channel);
        return own == null || own == Placement.TCP_SOCKET ? Placement.PAYLOAD : own;
    }

    /** {@return whether nobody has said that the program is for the payload} */
    boolean isDefault(Placement chosen, Program program) {
        return chosen == Placement.PAYLOAD && placementOf(program) == null;
    }

    /** {@return what is wrong with the rule on all channels, or empty if there may be one that it is for} */
    Optional<String> whyNot(FilterRule rule) {
        Program program = rule.program();
        Optional<String> misplaced =
                placement == null ? Optional.empty() : PipelineSupport.misplaced(program, placement);
        if (misplaced.isPresent()) {
            return misplaced;
        } else if (placementOf(program) == Placement.TCP_SOCKET
                && !rule.sources().wantsAll()) {
            return Optional.of("sets of sources at placement TCP_SOCKET (expected: an AddressFilterHandler, or a"
                    + " ListenerFilter)");
        }
        Program shadow = rule.shadow();
        if (shadow != null) {
            Optional<String> refused = whyNotInPipeline(shadow);
            if (refused.isPresent()) {
                return refused.map(why -> "shadow program: " + why);
            }
        }
        return offload == Offload.REQUIRED && rule.enforced() ? Optional.empty() : whyNotInPipeline(program);
    }

    /** {@return why the kernel may not drop by the rule although it can, or empty if it may} */
    Optional<String> whyNotInKernel(FilterRule rule) {
        if (dropsOneIn == 1) {
            return Optional.of("every dropped packet is a sample, so all must reach the pipeline");
        } else if (rule.shadow() != null && dropsOneIn == 0) {
            return Optional.of("a shadow program has to see what the kernel would drop (expected: sampleDrops, so that"
                    + " samples are compared)");
        }
        return Optional.empty();
    }

    private Optional<String> whyNotInPipeline(Program program) {
        Placement known = placementOf(program);
        if (known != null) {
            return PipelineSupport.whyNot(program, known);
        }
        return PipelineSupport.whyNot(program, Placement.UDP_SOCKET)
                .flatMap(onUdp -> PipelineSupport.whyNot(program, Placement.PAYLOAD))
                .filter(onPayload ->
                        PipelineSupport.whyNot(program, Placement.ETHERNET).isPresent());
    }
}
