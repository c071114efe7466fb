package io.github.nettybpf.expression;

import java.net.InetAddress;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.Function;

/**
 * What a compilation may use beside the expression.
 *
 * @param netmask the mask of the network, for {@code ip broadcast}
 * @param resolver finds the addresses of a host; gives none where there is none
 * @param resolves whether there is a resolver
 * @param optimize whether to make the program short
 */
record Options(OptionalInt netmask, Function<String, List<InetAddress>> resolver, boolean resolves, boolean optimize) {
    static final Options DEFAULT = new Options(OptionalInt.empty(), name -> List.of(), false, true);
}
