package io.github.nettybpf.expression.parse;

import io.github.nettybpf.expression.parse.Expression.Comparison;
import io.github.nettybpf.expression.parse.Expression.Identifier;
import io.github.nettybpf.expression.parse.Expression.Kind;
import io.github.nettybpf.expression.parse.Expression.Qualifiers;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Parses an expression. Groups that are open are on an explicit stack, so that depth has no limit. */
public final class Parser {
    private static final String TERM = "a protocol, host, net, port, a comparison, 'not' or '('";
    private static final String IDENTIFIER = "an address, a number, a name or '('";

    private final TokenStream tokens;
    private final TermTexts texts = new TermTexts();
    private final Deque<Group> groups = new ArrayDeque<>();
    private Group group = new Group(null, false, false, 0);

    private Parser(String text) {
        this.tokens = new TokenStream(Lexer.tokens(text));
    }

    /**
     * {@return the syntax tree, or null for an empty expression, which accepts every packet}
     *
     * @param text the expression
     * @throws io.github.nettybpf.expression.ExpressionException if it is malformed
     */
    public static @Nullable Expression parse(String text) {
        Parser parser = new Parser(text);
        return parser.tokens.peek().kind() == Token.Kind.END ? null : parser.run();
    }

    /**
     * {@return the terms that have no terms of their own, in the order of the tree, as they are written} An identifier that
     * inherits its qualifiers has them, too: the second term of {@code port 80 or 443} is {@code port 443}. There is one
     * blank between words.
     *
     * @param text an expression that is not malformed
     */
    public static List<String> terms(String text) {
        Parser parser = new Parser(text);
        if (parser.tokens.peek().kind() != Token.Kind.END) {
            parser.run();
        }
        return parser.texts.in(text);
    }

    private Expression run() {
        while (true) {
            operand();
            while (tokens.peek().is(")") && !groups.isEmpty()) {
                tokens.next();
                close();
            }
            Token token = tokens.next();
            if (token.is("and") || token.is("&&")) {
                group.join(true);
            } else if (token.is("or") || token.is("||")) {
                group.join(false);
            } else if (token.kind() == Token.Kind.END && groups.isEmpty()) {
                return Chains.joined(group.result());
            } else {
                throw tokens.unexpected(token, groups.isEmpty() ? "'and', 'or' or the end" : "'and', 'or' or ')'");
            }
        }
    }

    /** Opens a group, whose parenthesis is the next token. */
    private void push(Group.@Nullable Written qualifiers, boolean identifiers, boolean qualified) {
        groups.push(group);
        group = new Group(qualifiers, identifiers, qualified, tokens.start());
        tokens.next();
    }

    private void close() {
        Group closed = group;
        group = groups.pop();
        Expression result = closed.result();
        if (closed.qualified) {
            group.addTerm(result, closed.qualifiers);
        } else if (closed.identifiers) {
            group.addIdentifier(result);
        } else {
            group.addTerm(result, group.qualifiers);
        }
    }

    /** Parses the next term, and the parentheses and negations that precede it. */
    private void operand() {
        while (true) {
            Token token = tokens.peek();
            if (token.is("not") || token.is("!")) {
                tokens.next();
                group.negated = !group.negated;
            } else if (token.is("(")) {
                push(group.qualifiers, group.identifiers, false);
            } else {
                break;
            }
        }
        Token token = tokens.peek();
        if (!group.identifiers && startsArithmetic(token)) {
            arithmetic();
        } else if (isIdentifier(token)) {
            identifier();
        } else if (group.identifiers) {
            throw tokens.unexpected(token, IDENTIFIER);
        } else {
            term();
        }
    }

    private boolean startsArithmetic(Token token) {
        Token second = tokens.peekSecond();
        return token.is("-")
                || token.is("len")
                || token.is("length")
                || (Keywords.isProtocol(token) && second.is("["))
                || (token.kind() == Token.Kind.NUMBER
                        && (ArithmeticParser.isOperator(second)
                                || comparison(second) != null
                                || (second.is(")") && group.isEmpty() && !groups.isEmpty())));
    }

    /** Parses a comparison. A number in parentheses, without an operator after them, is an identifier instead. */
    private void arithmetic() {
        int start = tokens.start();
        ArithmeticExpression left = new ArithmeticParser(tokens).parse(null);
        while (tokens.peek().is(")") && group.isEmpty() && !groups.isEmpty() && !group.identifiers) {
            tokens.next();
            start = group.start;
            group = groups.pop();
            left = new ArithmeticParser(tokens).parse(left);
        }
        Token token = tokens.peek();
        Comparison comparison = comparison(token);
        if (comparison == null) {
            if (left instanceof ArithmeticExpression.Constant number && group.qualifiers != null) {
                int end = tokens.endOfTokenAt(number.column());
                group.addIdentifier(
                        primitive(group.qualifiers, new Identifier.Numeral(number.value()), number.column(), end));
                return;
            }
            throw tokens.unexpected(token, "an operator or a comparison");
        }
        tokens.next();
        ArithmeticExpression right = new ArithmeticParser(tokens).parse(null);
        group.addTerm(new Expression.Relation(left, comparison, right, token.column()), null);
        texts.add(start, tokens.end());
    }

    private static @Nullable Comparison comparison(Token token) {
        if (token.kind() != Token.Kind.SIGN) {
            return null;
        }
        return switch (token.text()) {
            case "=", "==" -> Comparison.EQUAL;
            case "!=" -> Comparison.NOT_EQUAL;
            case ">" -> Comparison.GREATER;
            case ">=" -> Comparison.GREATER_OR_EQUAL;
            case "<" -> Comparison.LESS;
            case "<=" -> Comparison.LESS_OR_EQUAL;
            default -> null;
        };
    }

    private static boolean isIdentifier(Token token) {
        return switch (token.kind()) {
            case NUMBER, IPV4, IPV6, MAC, SET, ESCAPED -> true;
            case WORD -> !Keywords.isKeyword(token);
            default -> false;
        };
    }

    private void identifier() {
        Group.Written qualifiers = group.qualifiers;
        Token token = tokens.peek();
        if (qualifiers == null || tokens.displayFilter(token) != null) {
            throw tokens.unexpected(
                    token,
                    switch (token.kind()) {
                        case WORD, ESCAPED -> TERM;
                        case SET -> "host or net before it";
                        default -> "host, net or port before it";
                    });
        }
        group.addIdentifier(primitive(qualifiers, token));
    }

    /** {@return the next identifier, which begins with the token, and its qualifiers} */
    private Expression primitive(Group.Written qualifiers, Token token) {
        Identifier identifier = IdentifierParser.parse(tokens, qualifiers.meaning());
        return primitive(qualifiers, identifier, token.column(), tokens.end());
    }

    private Expression primitive(Group.Written qualifiers, Identifier identifier, int column, int end) {
        texts.add(qualifiers.start(), qualifiers.end(), column - 1, end);
        return new Expression.Primitive(qualifiers.meaning(), identifier, column);
    }

    private void term() {
        Token start = tokens.peek();
        int offset = tokens.start();
        String protocol = "";
        if (Keywords.isProtocol(start)) {
            tokens.next();
            protocol = Keywords.protocol(start.text());
        }
        Token token = tokens.peek();
        if (token.kind() == Token.Kind.WORD && Keywords.TESTS.contains(token.text())) {
            keyword(protocol);
            texts.add(offset, tokens.end());
            return;
        }
        Qualifiers qualifiers = QualifierParser.parse(tokens, protocol);
        if (qualifiers != null) {
            qualified(new Group.Written(qualifiers, offset, tokens.end()));
        } else if (!protocol.isEmpty()) {
            if (isIdentifier(token) || token.is("(")) {
                throw tokens.unexpected(token, "host, net, port or proto between '" + start.text() + "' and it");
            }
            group.addTerm(new Expression.Protocol(protocol, start.column()), null);
            texts.add(offset, tokens.end());
        } else if (Keywords.UNSUPPORTED.contains(token.text())) {
            throw tokens.unexpected(token, TERM + "; it is for link types that are not supported");
        } else {
            throw tokens.unexpected(token, TERM);
        }
    }

    /** Parses the identifier that the qualifiers are for, or the first one of a list in parentheses. */
    private void qualified(Group.Written qualifiers) {
        boolean negated = false;
        while (tokens.peek().is("not") || tokens.peek().is("!")) {
            tokens.next();
            negated = !negated;
        }
        group.negated ^= negated;
        Token token = tokens.peek();
        if (token.is("(")) {
            push(qualifiers, true, true);
            operand();
        } else if (isIdentifier(token)) {
            group.addTerm(primitive(qualifiers, token), qualifiers);
        } else {
            throw tokens.unexpected(
                    token,
                    qualifiers.meaning().kind() == Kind.UNSPECIFIED ? "host, net, port, " + IDENTIFIER : IDENTIFIER);
        }
    }

    private void keyword(String protocol) {
        Token token = tokens.next();
        String name = token.text();
        boolean isWireless = name.equals("type") || name.equals("subtype") || name.startsWith("dir");
        boolean takesProtocol =
                name.equals("broadcast") || name.equals("multicast") || (isWireless && protocol.equals("link"));
        if (!protocol.isEmpty() && !takesProtocol) {
            throw tokens.unexpected(token, "host, net, port or proto after a protocol");
        }
        if (isWireless) {
            group.addTerm(new WirelessParser(tokens).parse(token), null);
            return;
        }
        String detail = protocol;
        long number = -1;
        switch (name) {
            case "less", "greater", "ifindex" -> number = number();
            case "vlan", "mpls", "pppoes", "geneve" -> number = optionalNumber();
            case "llc" -> detail = optionalWord();
            case "byte" -> {
                byteTest(token);
                return;
            }
            case "broadcast", "multicast", "inbound", "outbound", "pppoed" -> {}
            default -> throw new IllegalStateException(name);
        }
        group.addTerm(new Expression.Keyword(name, detail, number, token.column()), null);
    }

    private long number() {
        Token token = tokens.next();
        if (token.kind() != Token.Kind.NUMBER) {
            throw tokens.unexpected(token, "a number");
        }
        return token.value();
    }

    /** {@return the next number, which may be in parentheses, or -1 if there is none} */
    private long optionalNumber() {
        int opened = 0;
        while (tokens.peek().is("(")) {
            tokens.next();
            opened++;
        }
        if (opened == 0 && tokens.peek().kind() != Token.Kind.NUMBER) {
            return -1;
        }
        long number = number();
        for (; opened > 0; opened--) {
            tokens.expect(")");
        }
        return number;
    }

    private String optionalWord() {
        Token token = tokens.peek();
        boolean word = token.kind() == Token.Kind.ESCAPED
                || (token.kind() == Token.Kind.WORD && (!Keywords.isKeyword(token) || token.is("rnr")));
        return word ? tokens.next().text() : "";
    }

    /** Parses {@code byte 5 = 7}, which is {@code link[5] = 7}, and {@code byte 5 & 7}, {@code link[5] & 7 != 0}. */
    private void byteTest(Token keyword) {
        ArithmeticExpression index = new ArithmeticExpression.Constant(number(), keyword.column());
        Token operator = tokens.next();
        boolean masks = operator.is("&") || operator.is("|");
        boolean compares = operator.is("=") || operator.is("==") || operator.is("<") || operator.is(">");
        if (!masks && !compares) {
            throw tokens.unexpected(operator, "'=', '<', '>', '&' or '|'");
        }
        int column = operator.column();
        ArithmeticExpression value = new ArithmeticExpression.Constant(number(), column);
        ArithmeticExpression load = new ArithmeticExpression.Load("link", index, 1, keyword.column());
        group.addTerm(
                compares
                        ? new Expression.Relation(load, Objects.requireNonNull(comparison(operator)), value, column)
                        : new Expression.Relation(
                                new ArithmeticExpression.Binary(operator.text(), load, value, column),
                                Comparison.NOT_EQUAL,
                                new ArithmeticExpression.Constant(0, column),
                                column),
                null);
    }
}
