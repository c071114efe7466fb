package io.github.nettybpf.expression;

import java.net.InetAddress;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;

/**
 * What compiling may use beside the expression.
 *
 * @param netmask the mask of the network, which {@code ip broadcast} needs
 * @param resolver gives the addresses of a host, none if there is no such host; without it hosts have no names
 * @param optimize whether to make the program short, or to write it test by test as the expression is
 */
public record Options(OptionalInt netmask, Optional<Function<String, List<InetAddress>>> resolver, boolean optimize) {
    /** No netmask, no resolver, a short program. */
    public static final Options DEFAULT = new Options(OptionalInt.empty(), Optional.empty(), true);

    /**
     * {@return these options with a netmask}
     *
     * @param mask the mask, as in {@code 0xffffff00}
     */
    public Options withNetmask(int mask) {
        return new Options(OptionalInt.of(mask), resolver, optimize);
    }

    /**
     * {@return these options with names for hosts}
     *
     * @param hosts gives the addresses of a host, none if there is no such host
     */
    public Options withResolver(Function<String, List<InetAddress>> hosts) {
        return new Options(netmask, Optional.of(hosts), optimize);
    }

    /** {@return these options for a program that is written test by test} */
    public Options withoutOptimizer() {
        return new Options(netmask, resolver, false);
    }
}
