package io.github.nettybpf.expression;

import io.github.nettybpf.core.Instruction;
import io.github.nettybpf.core.Placement;
import io.github.nettybpf.core.Program;
import java.net.InetAddress;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * An expression in the language of pcap-filter(7), and the program that it means. Immutable.
 *
 * <p>The program's verdict is 262144 for packets that the expression accepts, as libpcap's is, and 0 for others. It means
 * what libpcap 1.10 makes of the expression; docs/expressions.md lists where not.
 *
 * <p>Compiling looks nothing up, neither hosts nor services: the names of services and protocols are in this library.
 */
public final class FilterExpression {
    private final String text;
    private final Layout.Link link;
    private final Options options;
    private final @Nullable Expression tree;
    private final Program program;

    private FilterExpression(String text, Layout.Link link, Options options) {
        this.text = text;
        this.link = link;
        this.options = options;
        this.tree = Parser.parse(text);
        this.program = program(tree, link, options);
    }

    /**
     * {@return the program that an expression means for packets of this link type}
     *
     * @param expression the expression; empty, it accepts every packet
     * @param linkType what the packets begin with
     * @throws ExpressionException if the expression is malformed, or nothing for this link type
     */
    public static Program compile(String expression, LinkType linkType) {
        return of(expression, linkType).program();
    }

    /**
     * {@return the program that an expression means where it is to run}
     *
     * @param expression the expression; empty, it accepts every packet
     * @param placement where the program runs
     * @throws ExpressionException if the expression is malformed, or asks for what cannot be seen there
     */
    public static Program compile(String expression, Placement placement) {
        return of(expression, placement).program();
    }

    /**
     * {@return the expression, compiled for packets of this link type}
     *
     * @param expression the expression
     * @param linkType what the packets begin with
     * @throws ExpressionException if the expression is malformed, or nothing for this link type
     */
    public static FilterExpression of(String expression, LinkType linkType) {
        Layout.Link link =
                switch (linkType) {
                    case EN10MB -> Layout.Link.ETHERNET;
                    case RAW -> Layout.Link.RAW;
                    case LINUX_SLL -> Layout.Link.SLL;
                    case LINUX_SLL2 -> Layout.Link.SLL2;
                    case NULL -> Layout.Link.NULL;
                    case LOOP -> Layout.Link.LOOP;
                };
        return new FilterExpression(expression, link, Options.DEFAULT);
    }

    /**
     * {@return the expression, compiled for where it is to run}
     *
     * @param expression the expression
     * @param placement where the program runs
     * @throws ExpressionException if the expression is malformed, or asks for what cannot be seen there
     */
    public static FilterExpression of(String expression, Placement placement) {
        Layout.Link link =
                switch (placement) {
                    case ETHERNET -> Layout.Link.ETHERNET;
                    case IP -> Layout.Link.RAW;
                    case UDP_SOCKET -> Layout.Link.UDP;
                    case TCP_SOCKET -> Layout.Link.TCP;
                    case PAYLOAD -> Layout.Link.PAYLOAD;
                };
        return new FilterExpression(expression, link, Options.DEFAULT);
    }

    /**
     * {@return the same expression where the network's mask is known}, which {@code ip broadcast} needs.
     *
     * @param netmask the mask, as in {@code 0xffffff00}
     */
    public FilterExpression withNetmask(int netmask) {
        return new FilterExpression(
                text,
                link,
                new Options(OptionalInt.of(netmask), options.resolver(), options.resolves(), options.optimize()));
    }

    /**
     * {@return the expression, compiled for packets of this link type, where hosts may have names}
     *
     * @param expression the expression
     * @param linkType what the packets begin with
     * @param resolver gives the addresses of a host; none if there is no such host
     * @throws ExpressionException if the expression is malformed, or nothing for this link type
     */
    public static FilterExpression of(
            String expression, LinkType linkType, Function<String, List<InetAddress>> resolver) {
        Layout.Link link = of("", linkType).link;
        return new FilterExpression(expression, link, new Options(OptionalInt.empty(), resolver, true, true));
    }

    /** {@return the same expression with a program that is written as the expression is}, test by test. */
    public FilterExpression withoutOptimizer() {
        return new FilterExpression(
                text, link, new Options(options.netmask(), options.resolver(), options.resolves(), false));
    }

    private static Program program(@Nullable Expression tree, Layout.Link link, Options options) {
        Graph graph = new Graph();
        Node root = Node.ACCEPT;
        if (tree != null) {
            Values values = new Values();
            root = graph.of(new Lowering(values, new Layout(values, link), options).lower(tree));
        }
        if (options.optimize()) {
            root = new Optimizer(graph).optimize(root);
        }
        List<Instruction> instructions = Emitter.emit(root, options.optimize());
        if (instructions.size() > Program.MAX_SIZE) {
            throw new ExpressionException(
                    1,
                    "an expression that takes more instructions than a program can have (expected: at most "
                            + Program.MAX_SIZE + ")");
        }
        return Program.of(instructions);
    }

    /** {@return what the expression says}; empty if it is empty. */
    public Optional<Expression> tree() {
        return Optional.ofNullable(tree);
    }

    /** {@return the program that it means} */
    public Program program() {
        return program;
    }

    /** {@return the expression as it was written} */
    @Override
    public String toString() {
        return text;
    }
}
