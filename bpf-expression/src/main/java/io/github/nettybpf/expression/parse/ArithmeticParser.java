package io.github.nettybpf.expression.parse;

import io.github.nettybpf.expression.parse.Token.Kind;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * Parses arithmetic expressions, by operator precedence with explicit stacks (shunting yard). Precedence is libpcap's:
 * {@code * /} before {@code + -} before shifts before {@code &} before {@code |}, from left to right; but {@code %} and
 * {@code ^} have none in libpcap's grammar: their right side is all that follows.
 */
final class ArithmeticParser {
    static final String EXPECTED = "a number, len, a protocol and '[', '(' or '-'";

    /** An operator whose right side is not parsed yet, or an opening parenthesis or bracket ("(" and "["). */
    private record Pending(String sign, Token token) {}

    private final TokenStream tokens;
    private final Deque<ArithmeticExpression> values = new ArrayDeque<>();
    private final Deque<Pending> pending = new ArrayDeque<>();

    /** How many parentheses and brackets are open. */
    private int open;

    ArithmeticParser(TokenStream tokens) {
        this.tokens = tokens;
    }

    /** {@return whether the token is a binary operator} */
    static boolean isOperator(Token token) {
        return precedence(token) >= 0;
    }

    private static int precedence(Token token) {
        if (token.kind() != Kind.SIGN) {
            return -1;
        }
        return switch (token.text()) {
            case "%", "^" -> 0;
            case "|" -> 1;
            case "&" -> 2;
            case "<<", ">>" -> 3;
            case "+", "-" -> 4;
            case "*", "/" -> 5;
            default -> -1;
        };
    }

    /** {@return the expression that begins here, or whose first operand is the one given} */
    ArithmeticExpression parse(@Nullable ArithmeticExpression first) {
        if (first != null) {
            values.push(first);
        } else {
            operand();
        }
        while (true) {
            Token token = tokens.peek();
            if (isOperator(token)) {
                reduceFor(precedence(token));
                tokens.next();
                pending.push(new Pending(token.text(), token));
                operand();
            } else if (open == 0) {
                reduceAll();
                return values.pop();
            } else {
                close(token);
            }
        }
    }

    private void operand() {
        while (true) {
            Token token = tokens.next();
            if (token.is("(")) {
                pending.push(new Pending("(", token));
                open++;
            } else if (token.is("-")) {
                pending.push(new Pending("negate", token));
            } else if (token.kind() == Kind.NUMBER) {
                values.push(new ArithmeticExpression.Constant(token.value(), token.column()));
                return;
            } else if (token.is("len") || token.is("length")) {
                values.push(new ArithmeticExpression.Length(token.column()));
                return;
            } else if (Keywords.isProtocol(token)) {
                tokens.expect("[");
                pending.push(new Pending("[", token));
                open++;
            } else {
                throw tokens.unexpected(token, EXPECTED);
            }
        }
    }

    private void close(Token token) {
        reduceAll();
        Pending opening = pending.pop();
        open--;
        if (opening.sign().equals("(")) {
            tokens.expect(")", "an operator or ')'");
            return;
        }
        int size = 1;
        if (token.is(":")) {
            tokens.next();
            Token number = tokens.next();
            if (number.kind() != Kind.NUMBER || (number.value() != 1 && number.value() != 2 && number.value() != 4)) {
                throw tokens.unexpected(number, "1, 2 or 4");
            }
            size = (int) number.value();
            tokens.expect("]");
        } else {
            tokens.expect("]", "an operator, ':' or ']'");
        }
        String protocol = Keywords.protocol(opening.token().text());
        values.push(new ArithmeticExpression.Load(
                protocol, values.pop(), size, opening.token().column()));
    }

    /** Reduces the operators that bind at least as closely as the next one. */
    private void reduceFor(int precedence) {
        while (precedence > 0 && !pending.isEmpty() && !isOpening(pending.peek())) {
            Pending top = pending.peek();
            int topPrecedence = top.sign().equals("negate") ? 6 : precedence(top.token());
            if (topPrecedence == 0 || topPrecedence < precedence) {
                return;
            }
            reduce();
        }
    }

    private void reduceAll() {
        while (!pending.isEmpty() && !isOpening(pending.peek())) {
            reduce();
        }
    }

    private static boolean isOpening(Pending pending) {
        return pending.sign().equals("(") || pending.sign().equals("[");
    }

    private void reduce() {
        Pending top = pending.pop();
        ArithmeticExpression right = values.pop();
        int column = top.token().column();
        if (top.sign().equals("negate")) {
            values.push(new ArithmeticExpression.Negation(right, column));
        } else {
            values.push(new ArithmeticExpression.Binary(top.sign(), values.pop(), right, column));
        }
    }
}
