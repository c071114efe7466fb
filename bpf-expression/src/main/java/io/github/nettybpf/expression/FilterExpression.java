package io.github.nettybpf.expression;

import io.github.nettybpf.core.Instruction;
import io.github.nettybpf.core.Placement;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.expression.code.CodeGenerator;
import io.github.nettybpf.expression.lower.BooleanFormula;
import io.github.nettybpf.expression.lower.Encapsulation;
import io.github.nettybpf.expression.lower.EnglishText;
import io.github.nettybpf.expression.lower.Lowering;
import io.github.nettybpf.expression.parse.Expression;
import io.github.nettybpf.expression.parse.Parser;
import java.net.InetAddress;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * An expression in the language of pcap-filter(7), and the program that it means. Immutable.
 *
 * <p>The program's verdict is 262144 for packets that the expression accepts, as libpcap's is, and 0 for others. It
 * means what libpcap 1.10 makes of the expression; docs/expressions.md lists the differences.
 *
 * <p>The compiler looks up neither hosts nor services: the names of services and protocols are in this library.
 */
public final class FilterExpression {
    private final String text;
    private final @Nullable Expression tree;
    private final Program program;
    private final Encapsulation encapsulation;

    private FilterExpression(
            String text, Encapsulation encapsulation, boolean live, Optional<Placement> placement, Options options) {
        this.text = text;
        this.encapsulation = encapsulation;
        this.tree = Parser.parse(text);
        Program compiled = program(tree, encapsulation, live, options);
        this.program = placement.map(compiled::at).orElse(compiled);
    }

    /**
     * {@return the program that an expression means for packets of a link type} Its {@link Program#placement} is {@link
     * Placement#ETHERNET} for {@link LinkType#EN10MB} and {@link Placement#IP} for {@link LinkType#RAW}; for other link
     * types it has none.
     *
     * @param expression the expression; an empty one accepts every packet
     * @param linkType what the packets begin with
     * @throws ExpressionException if the expression is malformed, or tests what packets of this link type do not have
     */
    public static Program compile(String expression, LinkType linkType) {
        return of(expression, linkType, Options.DEFAULT).program();
    }

    /**
     * {@return the program that an expression means at a placement} Its {@link Program#placement} is that one.
     *
     * @param expression the expression; an empty one accepts every packet
     * @param placement where the program is to run
     * @throws ExpressionException if the expression is malformed, or tests what a program cannot see there
     */
    public static Program compile(String expression, Placement placement) {
        return of(expression, placement, Options.DEFAULT).program();
    }

    /**
     * {@return an expression, compiled for packets of a link type}
     *
     * @param expression the expression; an empty one accepts every packet
     * @param linkType what the packets begin with
     * @param options the options of the compilation
     * @throws ExpressionException if the expression is malformed, or tests what packets of this link type do not have
     */
    public static FilterExpression of(String expression, LinkType linkType, Options options) {
        return new FilterExpression(expression, linkType.encapsulation, false, linkType.placement(), options);
    }

    /**
     * {@return an expression, compiled for a placement}
     *
     * @param expression the expression; an empty one accepts every packet
     * @param placement where the program is to run
     * @param options the options of the compilation
     * @throws ExpressionException if the expression is malformed, or tests what a program cannot see there
     */
    public static FilterExpression of(String expression, Placement placement, Options options) {
        Encapsulation encapsulation =
                switch (placement) {
                    case ETHERNET -> Encapsulation.ETHERNET;
                    case IP -> Encapsulation.RAW;
                    case UDP_SOCKET -> Encapsulation.UDP;
                    case TCP_SOCKET -> Encapsulation.TCP;
                    case PAYLOAD -> Encapsulation.PAYLOAD;
                };
        return new FilterExpression(expression, encapsulation, true, Optional.of(placement), options);
    }

    private static Program program(
            @Nullable Expression tree, Encapsulation encapsulation, boolean live, Options options) {
        Lowering.Lowered lowered = tree == null
                ? new Lowering.Lowered(BooleanFormula.TRUE, List.of())
                : Lowering.lower(tree, encapsulation, live, options);
        List<Instruction> instructions =
                CodeGenerator.generate(lowered.formula(), lowered.stored(), options.isOptimized());
        if (instructions.size() > Program.MAX_SIZE) {
            throw new ExpressionException(
                    1,
                    "an expression that takes more instructions than a program can have (expected: at most "
                            + Program.MAX_SIZE + ")");
        }
        return Program.of(instructions);
    }

    /** {@return the program that the expression means} */
    public Program program() {
        return program;
    }

    /**
     * {@return what the expression matches, in English} Each test has a line, with the qualifiers that it inherits;
     * {@code all of}, {@code any of} and {@code not} say, by their indentation, how the tests are combined:
     *
     * <pre>{@code
     * src host 10.0.0.1 or 10.0.0.2 and udp port 53
     *
     * all of
     *   any of
     *     source address 10.0.0.1 (ip, arp or rarp)
     *     source address 10.0.0.2 (ip, arp or rarp)
     *   source or destination port 53 (udp)
     * }</pre>
     */
    public String explain() {
        return tree == null ? "every packet\n" : EnglishText.of(tree, encapsulation);
    }

    /** {@return the expression as it was written} */
    @Override
    public String toString() {
        return text;
    }

    /**
     * Options of a compilation. Immutable: start with {@link #DEFAULT}.
     *
     * <pre>{@code
     * FilterExpression.of("ip broadcast", LinkType.EN10MB, Options.DEFAULT.withNetmask(0xffffff00))
     * }</pre>
     */
    public static final class Options {
        /** No netmask, no resolver, an optimized program. */
        public static final Options DEFAULT = new Options(OptionalInt.empty(), Optional.empty(), true);

        private final OptionalInt netmask;
        private final Optional<Function<String, List<InetAddress>>> resolver;
        private final boolean optimized;

        private Options(
                OptionalInt netmask, Optional<Function<String, List<InetAddress>>> resolver, boolean optimized) {
            this.netmask = netmask;
            this.resolver = resolver;
            this.optimized = optimized;
        }

        /**
         * {@return these options with a netmask, which {@code ip broadcast} needs}
         *
         * @param mask the mask of the network, as in {@code 0xffffff00}
         */
        public Options withNetmask(int mask) {
            return new Options(OptionalInt.of(mask), resolver, optimized);
        }

        /**
         * {@return these options with a resolver, without which hosts have no names}
         *
         * @param hosts gives the addresses of a host, an empty list if there is no such host; {@link
         *     InetAddress#getAllByName} is one way
         */
        public Options withResolver(Function<String, List<InetAddress>> hosts) {
            return new Options(netmask, Optional.of(hosts), optimized);
        }

        /** {@return these options without the optimizer: the program has test after test, as the expression has} */
        public Options withoutOptimizer() {
            return new Options(netmask, resolver, false);
        }

        /** {@return the netmask, or empty if there is none} */
        public OptionalInt netmask() {
            return netmask;
        }

        /** {@return the resolver, or empty if there is none} */
        public Optional<Function<String, List<InetAddress>>> resolver() {
            return resolver;
        }

        /** {@return whether the optimizer makes the program short} */
        public boolean isOptimized() {
            return optimized;
        }
    }
}
