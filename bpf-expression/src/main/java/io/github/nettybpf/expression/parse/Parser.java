package io.github.nettybpf.expression.parse;

import io.github.nettybpf.expression.parse.Expression.Comparison;
import io.github.nettybpf.expression.parse.Expression.Identifier;
import io.github.nettybpf.expression.parse.Expression.Kind;
import io.github.nettybpf.expression.parse.Expression.Qualifiers;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/** Reads an expression. What is nested is kept on a stack of its own, so that depth has no limit. */
public final class Parser {
    private static final String TERM = "a protocol, host, net, port, a comparison, 'not' or '('";
    private static final String IDENTIFIER = "an address, a number, a name or '('";

    private final TokenStream cursor;
    private final Deque<Group> groups = new ArrayDeque<>();
    private Group group = new Group(null, false, false);

    private Parser(String text) {
        this.cursor = new TokenStream(Lexer.tokens(text));
    }

    /** {@return the tree}, or null for an empty expression, which accepts every packet. */
    public static @Nullable Expression parse(String text) {
        Parser parser = new Parser(text);
        return parser.cursor.peek().kind() == Token.Kind.END ? null : parser.run();
    }

    private Expression run() {
        while (true) {
            operand();
            while (cursor.peek().is(")") && !groups.isEmpty()) {
                cursor.next();
                close();
            }
            Token token = cursor.next();
            if (token.is("and") || token.is("&&")) {
                group.join(true);
            } else if (token.is("or") || token.is("||")) {
                group.join(false);
            } else if (token.kind() == Token.Kind.END && groups.isEmpty()) {
                return group.result();
            } else {
                throw cursor.unexpected(token, groups.isEmpty() ? "'and', 'or' or the end" : "'and', 'or' or ')'");
            }
        }
    }

    private void push(@Nullable Qualifiers qualifiers, boolean identifiers, boolean qualified) {
        groups.push(group);
        group = new Group(qualifiers, identifiers, qualified);
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

    /** Reads up to the end of one term, or into the innermost parenthesis before it. */
    private void operand() {
        while (true) {
            Token token = cursor.peek();
            if (token.is("not") || token.is("!")) {
                cursor.next();
                group.negated = !group.negated;
            } else if (token.is("(")) {
                cursor.next();
                push(group.qualifiers, group.identifiers, false);
            } else {
                break;
            }
        }
        Token token = cursor.peek();
        if (!group.identifiers && startsArithmetic(token)) {
            arithmetic(null);
        } else if (isIdentifier(token)) {
            identifier();
        } else if (group.identifiers) {
            throw cursor.unexpected(token, IDENTIFIER);
        } else {
            term();
        }
    }

    private boolean startsArithmetic(Token token) {
        Token second = cursor.peekSecond();
        return token.is("-")
                || token.is("len")
                || token.is("length")
                || (Keywords.isProtocol(token) && second.is("["))
                || (token.kind() == Token.Kind.NUMBER
                        && (ArithmeticParser.isOperator(second)
                                || comparison(second) != null
                                || (second.is(")") && group.isEmpty() && !groups.isEmpty())));
    }

    /** Reads a comparison; but a number in parentheses can turn out to be an address or a port. */
    private void arithmetic(@Nullable ArithmeticExpression first) {
        ArithmeticExpression left = new ArithmeticParser(cursor).parse(first);
        while (cursor.peek().is(")") && group.isEmpty() && !groups.isEmpty() && !group.identifiers) {
            cursor.next();
            group = groups.pop();
            left = new ArithmeticParser(cursor).parse(left);
        }
        Token token = cursor.peek();
        Comparison comparison = comparison(token);
        if (comparison == null) {
            if (left instanceof ArithmeticExpression.Constant number && group.qualifiers != null) {
                group.addIdentifier(
                        primitive(group.qualifiers, new Identifier.Numeral(number.value()), number.column()));
                return;
            }
            throw cursor.unexpected(token, "an operator or a comparison");
        }
        cursor.next();
        ArithmeticExpression right = new ArithmeticParser(cursor).parse(null);
        group.addTerm(new Expression.Relation(left, comparison, right, token.column()), null);
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
            case NUMBER, IPV4, IPV6, MAC, ESCAPED -> true;
            case WORD -> !Keywords.isKeyword(token);
            default -> false;
        };
    }

    private void identifier() {
        Qualifiers qualifiers = group.qualifiers;
        if (qualifiers == null) {
            Token token = cursor.peek();
            boolean address = token.kind() != Token.Kind.WORD && token.kind() != Token.Kind.ESCAPED;
            throw cursor.unexpected(token, address ? "host, net or port before it" : TERM);
        }
        int column = cursor.peek().column();
        group.addIdentifier(primitive(qualifiers, IdentifierParser.parse(cursor), column));
    }

    private static Expression primitive(Qualifiers qualifiers, Identifier identifier, int column) {
        return new Expression.Primitive(qualifiers, identifier, column);
    }

    private void term() {
        Token start = cursor.peek();
        String protocol = "";
        if (Keywords.isProtocol(start)) {
            cursor.next();
            protocol = Keywords.protocol(start.text());
        }
        Token token = cursor.peek();
        if (token.kind() == Token.Kind.WORD && Keywords.TESTS.contains(token.text())) {
            keyword(protocol);
            return;
        }
        Qualifiers qualifiers = QualifierParser.parse(cursor, protocol);
        if (qualifiers != null) {
            qualified(qualifiers);
        } else if (!protocol.isEmpty()) {
            if (isIdentifier(token) || token.is("(")) {
                throw cursor.unexpected(token, "host, net, port or proto between '" + start.text() + "' and it");
            }
            group.addTerm(new Expression.Protocol(protocol, start.column()), null);
        } else if (Keywords.FOREIGN.contains(token.text())) {
            throw cursor.unexpected(token, TERM + "; it is for link types that are not supported");
        } else {
            throw cursor.unexpected(token, TERM);
        }
    }

    /** Reads what qualifiers qualify, or up to the first of it. */
    private void qualified(Qualifiers qualifiers) {
        boolean negated = false;
        while (cursor.peek().is("not") || cursor.peek().is("!")) {
            cursor.next();
            negated = !negated;
        }
        group.negated ^= negated;
        Token token = cursor.peek();
        if (token.is("(")) {
            cursor.next();
            push(qualifiers, true, true);
            operand();
        } else if (isIdentifier(token)) {
            Expression primitive = primitive(qualifiers, IdentifierParser.parse(cursor), token.column());
            group.addTerm(primitive, qualifiers);
        } else {
            throw cursor.unexpected(
                    token, qualifiers.kind() == Kind.UNSPECIFIED ? "host, net, port, " + IDENTIFIER : IDENTIFIER);
        }
    }

    private void keyword(String protocol) {
        Token token = cursor.next();
        String name = token.text();
        boolean takesProtocol = name.equals("broadcast") || name.equals("multicast");
        if (!protocol.isEmpty() && !takesProtocol) {
            throw cursor.unexpected(token, "host, net, port or proto behind a protocol");
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
            default -> {}
        }
        group.addTerm(new Expression.Keyword(name, detail, number, token.column()), null);
    }

    private long number() {
        Token token = cursor.next();
        if (token.kind() != Token.Kind.NUMBER) {
            throw cursor.unexpected(token, "a number");
        }
        return token.value();
    }

    /** {@return the number that comes next, in any number of parentheses}, or -1 if none does. */
    private long optionalNumber() {
        int opened = 0;
        while (cursor.peek().is("(")) {
            cursor.next();
            opened++;
        }
        if (opened == 0 && cursor.peek().kind() != Token.Kind.NUMBER) {
            return -1;
        }
        long number = number();
        for (; opened > 0; opened--) {
            cursor.expect(")");
        }
        return number;
    }

    private String optionalWord() {
        Token token = cursor.peek();
        boolean word = token.kind() == Token.Kind.ESCAPED
                || (token.kind() == Token.Kind.WORD && (!Keywords.isKeyword(token) || token.is("rnr")));
        return word ? cursor.next().text() : "";
    }

    /** {@code byte 5 = 7} is {@code link[5] = 7}. */
    private void byteTest(Token keyword) {
        ArithmeticExpression index = new ArithmeticExpression.Constant(number(), keyword.column());
        Token operator = cursor.next();
        Comparison comparison = operator.is("=") || operator.is("<") || operator.is(">") ? comparison(operator) : null;
        if (comparison == null) {
            throw cursor.unexpected(operator, "'=', '<' or '>'");
        }
        ArithmeticExpression value = new ArithmeticExpression.Constant(number(), operator.column());
        ArithmeticExpression load = new ArithmeticExpression.Load("link", index, 1, keyword.column());
        group.addTerm(new Expression.Relation(load, comparison, value, operator.column()), null);
    }
}
