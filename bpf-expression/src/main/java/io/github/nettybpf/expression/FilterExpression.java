package io.github.nettybpf.expression;

import io.github.nettybpf.core.Instruction;
import io.github.nettybpf.core.Placement;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.core.address.AddressSet;
import io.github.nettybpf.expression.code.CodeGenerator;
import io.github.nettybpf.expression.code.WorkBudget;
import io.github.nettybpf.expression.lower.BooleanFormula;
import io.github.nettybpf.expression.lower.Encapsulation;
import io.github.nettybpf.expression.lower.EnglishText;
import io.github.nettybpf.expression.lower.Lowering;
import io.github.nettybpf.expression.lower.SetExpansion;
import io.github.nettybpf.expression.origin.SourceOrigins;
import io.github.nettybpf.expression.parse.Expression;
import io.github.nettybpf.expression.parse.Parser;
import io.github.nettybpf.expression.parse.SetNames;
import io.github.nettybpf.expression.parse.Spelling;
import java.net.InetAddress;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * An expression in the language of pcap-filter(7), and the program that it means. Immutable.
 *
 * <p>The program's verdict is 262144 for packets that the expression accepts, as libpcap's is, and 0 for others. It
 * means what libpcap 1.10 makes of the expression; docs/expressions.md lists the differences.
 *
 * <p>The compiler looks up neither hosts nor services: the names of services and protocols are in this library. It reads no
 * file either: a set of addresses ({@code src net @blocked}) is bound to its name by {@link Options#withSet}.
 */
public final class FilterExpression {
    private static final List<Instruction> REJECT = List.of(new Instruction.ReturnConstant(0));

    private final String text;
    private final @Nullable Expression tree;
    private final Program program;
    private final Encapsulation encapsulation;
    private final boolean live;
    private final Options options;

    private FilterExpression(
            String text, Encapsulation encapsulation, boolean live, Optional<Placement> placement, Options options) {
        this.text = text;
        this.encapsulation = encapsulation;
        this.live = live;
        this.options = options.resolvingOnce();
        this.tree = Parser.parse(text);
        Program compiled = program(tree, encapsulation, live, this.options);
        Program placed = placement.map(compiled::at).orElse(compiled);
        this.program = tree == null
                ? placed
                : placed.withOrigins(new SourceOrigins(text, encapsulation, live, this.options, placed.instructions()));
        if (!options.mayRejectAll() && rejectsAll()) {
            throw new ExpressionException(1, "expression rejects all packets (expected: one that some packet passes)");
        }
    }

    /**
     * {@return the program that an expression means for packets of a link type} Its {@link Program#placement} is {@link
     * Placement#ETHERNET} for {@link LinkType#EN10MB} and {@link Placement#IP} for {@link LinkType#RAW}; for other link
     * types it has none.
     *
     * @param expression the expression; an empty one accepts every packet
     * @param linkType what the packets begin with
     * @throws ExpressionException if the expression is malformed, tests what packets of this link type do not have, or
     *     rejects all packets
     */
    public static Program compile(String expression, LinkType linkType) {
        return of(expression, linkType, Options.DEFAULT).program();
    }

    /**
     * {@return the program that an expression means at a placement} Its {@link Program#placement} is that one.
     *
     * @param expression the expression; an empty one accepts every packet
     * @param placement where the program is to run
     * @throws ExpressionException if the expression is malformed, tests what a program cannot see there, or rejects all
     *     packets
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
     * @throws ExpressionException if the expression is malformed, tests what packets of this link type do not have, or
     *     rejects all packets
     */
    public static FilterExpression of(String expression, LinkType linkType, Options options) {
        return located(expression, linkType.encapsulation, false, linkType.placement(), options);
    }

    /**
     * {@return an expression, compiled for a placement}
     *
     * @param expression the expression; an empty one accepts every packet
     * @param placement where the program is to run
     * @param options the options of the compilation
     * @throws ExpressionException if the expression is malformed, tests what a program cannot see there, or rejects all
     *     packets
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
        return located(expression, encapsulation, true, Optional.of(placement), options);
    }

    /** {@return an expression; what is wrong with it is shown in it} */
    private static FilterExpression located(
            String text, Encapsulation encapsulation, boolean live, Optional<Placement> placement, Options options) {
        try {
            return new FilterExpression(text, encapsulation, live, placement, options);
        } catch (ExpressionException e) {
            throw e.in(text);
        }
    }

    private static Program program(
            @Nullable Expression written, Encapsulation encapsulation, boolean live, Options options) {
        Expression tree = written == null ? null : SetExpansion.of(written, options);
        List<Instruction> instructions = CodeGenerator.shortest(
                List.of(
                        lowered(tree, encapsulation, live, options, false),
                        lowered(tree, encapsulation, live, options, true)),
                new WorkBudget(CodeGenerator.MAX_WORK));
        if (!options.isOptimized() && !instructions.equals(REJECT)) {
            instructions = CodeGenerator.generate(lowered(tree, encapsulation, live, options, false));
        }
        if (instructions.isEmpty() || instructions.size() > Program.MAX_SIZE) {
            throw new ExpressionException(
                    1,
                    "an expression that takes more instructions than a program can have (expected: at most "
                            + Program.MAX_SIZE + (tree == written ? "" : "; with sets, " + SetExpansion.FITTING) + ")");
        }
        return Program.of(instructions);
    }

    private static Lowering.Lowered lowered(
            @Nullable Expression tree,
            Encapsulation encapsulation,
            boolean live,
            Options options,
            boolean shareAddresses) {
        return tree == null
                ? new Lowering.Lowered(BooleanFormula.TRUE, List.of())
                : Lowering.lower(tree, encapsulation, live, options, shareAddresses);
    }

    /**
     * {@return the program that the expression means} Its {@link Program#origin}s are the tests of the expression, as they
     * are written.
     */
    public Program program() {
        return program;
    }

    /**
     * {@return whether no packet passes} For link types and placements on which a test cannot hold, as {@code arp} on
     * {@link LinkType#RAW}, or for tests that exclude one another, as in {@code tcp and udp}. Such an expression is
     * refused unless {@link Options#withRejectingAll} allows it. A contradiction between values that are computed, as
     * in {@code len > 9 and len + 1 < 9}, is not found.
     */
    public boolean rejectsAll() {
        return program.size() == 1 && program.instructions().equals(REJECT);
    }

    /**
     * {@return whether every packet passes} If the expression is not empty, it tests what all packets have there, as
     * {@code udp} on {@link Placement#UDP_SOCKET}.
     */
    public boolean acceptsAll() {
        return program.size() == 1 && !rejectsAll();
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
     *
     * <p>They say what the program tests for its link type or placement: {@code port http} is TCP's alone, {@code host}
     * looks into ARP where there is any, and a test that never holds there says so.
     */
    public String explain() {
        return tree == null ? "every packet\n" : EnglishText.of(tree, encapsulation, live, options);
    }

    /**
     * {@return the names of the sets of addresses that an expression has, in the order of their first mention} They are
     * what {@link Options#withSet} has to bind before it can be compiled.
     *
     * @param expression the expression
     * @throws ExpressionException if a part of it is no word, number, address or operator
     */
    public static Set<String> setNames(String expression) {
        try {
            return SetNames.in(expression);
        } catch (ExpressionException e) {
            throw e.in(expression);
        }
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
        /** No netmask, no resolver, no sets, an optimized program that some packet passes. */
        public static final Options DEFAULT = new Options(OptionalInt.empty(), Optional.empty(), Map.of(), true, false);

        private final OptionalInt netmask;
        private final Optional<Function<String, List<InetAddress>>> resolver;
        private final Map<String, AddressSet> sets;
        private final boolean optimized;
        private final boolean rejectingAll;

        private Options(
                OptionalInt netmask,
                Optional<Function<String, List<InetAddress>>> resolver,
                Map<String, AddressSet> sets,
                boolean optimized,
                boolean rejectingAll) {
            this.netmask = netmask;
            this.resolver = resolver;
            this.sets = sets;
            this.optimized = optimized;
            this.rejectingAll = rejectingAll;
        }

        /**
         * {@return these options with a netmask, which {@code ip broadcast} needs}
         *
         * @param mask the mask of the network, as in {@code 0xffffff00}
         */
        public Options withNetmask(int mask) {
            return new Options(OptionalInt.of(mask), resolver, sets, optimized, rejectingAll);
        }

        /**
         * {@return these options with a resolver, without which hosts have no names}
         *
         * @param hosts gives the addresses of a host, an empty list if there is no such host; {@link
         *     InetAddress#getAllByName} is one way
         */
        public Options withResolver(Function<String, List<InetAddress>> hosts) {
            return new Options(netmask, Optional.of(hosts), sets, optimized, rejectingAll);
        }

        /**
         * {@return these options with a set of addresses, which {@code @NAME} stands for in an expression}
         *
         * <p>{@code dst @NAME} means {@code dst net P1 or dst net P2 ...} for the prefixes of the set, of both IPv4 and
         * IPv6; {@code host} and {@code net} are the same before it. A set without addresses matches no packet. Another
         * set of the same name takes the place of the one before.
         *
         * <p>A program has 4,096 instructions at most. That is a set of about 1,800 IPv4 or 320 IPv6 hosts, and twice as many
         * after {@code src} or {@code dst}; adjacent addresses are one range. An expression with a larger set is refused;
         * {@code AddressFilterHandler} in bpf-netty takes any.
         *
         * @param name letters and digits of ASCII, {@code _}, {@code -}, {@code .} and {@code /}. A name with a slash is a
         *     name, too: an expression never reads a file.
         * @param set the addresses
         * @throws IllegalArgumentException if the name has another character, or none
         */
        public Options withSet(String name, AddressSet set) {
            if (!SetNames.isName(name)) {
                throw new IllegalArgumentException(
                        "'" + Spelling.shortened(name) + "' (expected: a name for a set: " + SetNames.CHARACTERS + ")");
            }
            Map<String, AddressSet> all = new LinkedHashMap<>(sets);
            all.put(name, set);
            return new Options(netmask, resolver, Collections.unmodifiableMap(all), optimized, rejectingAll);
        }

        /** {@return these options without the optimizer: the program has test after test, as the expression has} */
        public Options withoutOptimizer() {
            return new Options(netmask, resolver, sets, false, rejectingAll);
        }

        /** {@return these options, with which an expression may reject all packets, which otherwise is an error} */
        public Options withRejectingAll() {
            return new Options(netmask, resolver, sets, optimized, true);
        }

        /**
         * {@return these options, with a resolver that keeps what it found} The tests of a program have the addresses that it
         * was compiled for, whenever they are explained.
         */
        private Options resolvingOnce() {
            Map<String, List<InetAddress>> found = new ConcurrentHashMap<>();
            return resolver.map(hosts -> withResolver(name -> found.computeIfAbsent(name, hosts)))
                    .orElse(this);
        }

        /** {@return the netmask, or empty if there is none} */
        public OptionalInt netmask() {
            return netmask;
        }

        /** {@return the resolver, or empty if there is none} */
        public Optional<Function<String, List<InetAddress>>> resolver() {
            return resolver;
        }

        /** {@return the sets by their names, in the order in which they were bound; cannot be changed} */
        public Map<String, AddressSet> sets() {
            return sets;
        }

        /** {@return whether the optimizer makes the program short} */
        public boolean isOptimized() {
            return optimized;
        }

        /** {@return whether an expression may reject all packets} */
        public boolean mayRejectAll() {
            return rejectingAll;
        }
    }
}
