package io.github.nettybpf.tools;

import io.github.nettybpf.core.Placement;
import io.github.nettybpf.netty.pcapng.SampleInterface;
import io.github.nettybpf.tools.capture.CaptureInterface;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The option that says what offset 0 of captured packets is to the program. */
public final class CapturePlacement {
    @Option(
            names = "--placement",
            paramLabel = "PLACEMENT",
            converter = ExpressionTarget.PlacementName.class,
            description =
                    "Run the program as on a socket, from the UDP header on and so forth: ethernet, ip, udp_socket,"
                            + " tcp_socket or payload (default: in a file of dropped packets, as it was run there; otherwise"
                            + " from the first byte).")
    private @Nullable Placement asked;

    /** An option that picocli sets. */
    public CapturePlacement() {}

    /**
     * {@return what offset 0 is, or null for the first byte of the captured packet}
     *
     * @param origin where the packet was captured
     */
    public @Nullable Placement of(CaptureInterface origin) {
        Placement known = asked;
        if (known == null) {
            known = SampleInterface.placement(origin.name()).orElse(null);
            boolean isFirstByte = known == Placement.ETHERNET || known == Placement.IP;
            return isFirstByte ? null : known;
        }
        return known;
    }

    /**
     * Checks that no link type is given besides.
     *
     * @throws Refusal if one is
     */
    public void check(ProgramOptions program) throws Refusal {
        if (asked != null && program.linkType() != null) {
            throw Refusal.ofUsage("--link-type and --placement (expected: one of them)");
        }
    }
}
