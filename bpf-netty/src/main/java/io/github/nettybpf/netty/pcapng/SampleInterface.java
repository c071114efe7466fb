package io.github.nettybpf.netty.pcapng;

import io.github.nettybpf.core.Placement;
import java.util.Locale;
import java.util.Optional;

/** The names of the interfaces in files of samples: they tell where the program began that dropped the packets. */
public final class SampleInterface {
    private static final String PREFIX = "netty-bpf ";

    private SampleInterface() {}

    /** {@return the name of the interface of samples, for example {@code netty-bpf udp_socket}} */
    public static String name(Placement placement) {
        return PREFIX + placement.name().toLowerCase(Locale.ROOT);
    }

    /** {@return the placement that a name tells, or empty if it is not that of an interface of samples} */
    public static Optional<Placement> placement(String name) {
        for (Placement placement : Placement.values()) {
            if (name(placement).equals(name)) {
                return Optional.of(placement);
            }
        }
        return Optional.empty();
    }
}
