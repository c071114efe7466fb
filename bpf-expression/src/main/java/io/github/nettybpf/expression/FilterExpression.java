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
import java.util.List;
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
    private final @Nullable Expression tree;
    private final Program program;
    private final Encapsulation link;

    private FilterExpression(String text, Encapsulation link, boolean live, Options options) {
        this.text = text;
        this.link = link;
        this.tree = Parser.parse(text);
        this.program = program(tree, link, live, options);
    }

    /**
     * {@return the program that an expression means for packets of this link type}
     *
     * @param expression the expression; empty, it accepts every packet
     * @param linkType what the packets begin with
     * @throws ExpressionException if the expression is malformed, or nothing for this link type
     */
    public static Program compile(String expression, LinkType linkType) {
        return of(expression, linkType, Options.DEFAULT).program();
    }

    /**
     * {@return the program that an expression means where it is to run}
     *
     * @param expression the expression; empty, it accepts every packet
     * @param placement where the program runs
     * @throws ExpressionException if the expression is malformed, or asks for what cannot be seen there
     */
    public static Program compile(String expression, Placement placement) {
        return of(expression, placement, Options.DEFAULT).program();
    }

    /**
     * {@return the expression, compiled for packets of this link type}
     *
     * @param expression the expression
     * @param linkType what the packets begin with
     * @param options what may be used beside the expression
     * @throws ExpressionException if the expression is malformed, or nothing for this link type
     */
    public static FilterExpression of(String expression, LinkType linkType, Options options) {
        Encapsulation link =
                switch (linkType) {
                    case EN10MB -> Encapsulation.ETHERNET;
                    case RAW -> Encapsulation.RAW;
                    case LINUX_SLL -> Encapsulation.SLL;
                    case LINUX_SLL2 -> Encapsulation.SLL2;
                    case NULL -> Encapsulation.NULL;
                    case LOOP -> Encapsulation.LOOP;
                };
        return new FilterExpression(expression, link, false, options);
    }

    /**
     * {@return the expression, compiled for where it is to run}
     *
     * @param expression the expression
     * @param placement where the program runs
     * @param options what may be used beside the expression
     * @throws ExpressionException if the expression is malformed, or asks for what cannot be seen there
     */
    public static FilterExpression of(String expression, Placement placement, Options options) {
        Encapsulation link =
                switch (placement) {
                    case ETHERNET -> Encapsulation.ETHERNET;
                    case IP -> Encapsulation.RAW;
                    case UDP_SOCKET -> Encapsulation.UDP;
                    case TCP_SOCKET -> Encapsulation.TCP;
                    case PAYLOAD -> Encapsulation.PAYLOAD;
                };
        return new FilterExpression(expression, link, true, options);
    }

    private static Program program(@Nullable Expression tree, Encapsulation link, boolean live, Options options) {
        Lowering.Lowered lowered = tree == null
                ? new Lowering.Lowered(BooleanFormula.TRUE, List.of())
                : Lowering.lower(tree, link, live, options);
        List<Instruction> instructions =
                CodeGenerator.generate(lowered.formula(), lowered.stored(), options.optimize());
        if (instructions.size() > Program.MAX_SIZE) {
            throw new ExpressionException(
                    1,
                    "an expression that takes more instructions than a program can have (expected: at most "
                            + Program.MAX_SIZE + ")");
        }
        return Program.of(instructions);
    }

    /** {@return the program that it means} */
    public Program program() {
        return program;
    }

    /**
     * {@return what is matched, in words} Each test has a line, with the qualifiers that it inherits; {@code all of},
     * {@code any of} and {@code not} say, by their indentation, how the tests are combined:
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
        return tree == null ? "every packet\n" : EnglishText.of(tree, link);
    }

    /** {@return the expression as it was written} */
    @Override
    public String toString() {
        return text;
    }
}
