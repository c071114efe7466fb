package io.github.nettybpf.expression.parse;

import io.github.nettybpf.expression.parse.Token.Kind;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * Reads numbers that are computed. Operators bind as in libpcap: {@code * /} before {@code + -} before shifts before
 * {@code &} before {@code |}, from left to right; but {@code %} and {@code ^} have no rank in libpcap's grammar: they take
 * the operand before them and everything behind them.
 */
final class ArithmeticParser {
    static final String EXPECTED = "a number, len, a protocol and '[', '(' or '-'";

    /** An operator that waits for its right side, or an opening parenthesis or bracket ("(" and "["). */
    private record Pending(String sign, Token token) {}

    private final TokenStream cursor;
    private final Deque<ArithmeticExpression> values = new ArrayDeque<>();
    private final Deque<Pending> pending = new ArrayDeque<>();
    private int open;

    ArithmeticParser(TokenStream cursor) {
        this.cursor = cursor;
    }

    /** {@return whether a number that is computed can go on with this token} */
    static boolean isOperator(Token token) {
        return rank(token) >= 0;
    }

    private static int rank(Token token) {
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

    /** {@return the number that begins here}, or that begins with what was read already. */
    ArithmeticExpression parse(@Nullable ArithmeticExpression first) {
        if (first != null) {
            values.push(first);
        } else {
            operand();
        }
        while (true) {
            Token token = cursor.peek();
            if (isOperator(token)) {
                reduceFor(rank(token));
                cursor.next();
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
            Token token = cursor.next();
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
                cursor.expect("[");
                pending.push(new Pending("[", token));
                open++;
            } else {
                throw cursor.unexpected(token, EXPECTED);
            }
        }
    }

    private void close(Token token) {
        reduceAll();
        Pending opening = pending.pop();
        open--;
        if (opening.sign().equals("(")) {
            cursor.expect(")", "an operator or ')'");
            return;
        }
        int size = 1;
        if (token.is(":")) {
            cursor.next();
            Token number = cursor.next();
            if (number.kind() != Kind.NUMBER || (number.value() != 1 && number.value() != 2 && number.value() != 4)) {
                throw cursor.unexpected(number, "1, 2 or 4");
            }
            size = (int) number.value();
            cursor.expect("]");
        } else {
            cursor.expect("]", "an operator, ':' or ']'");
        }
        String protocol = Keywords.protocol(opening.token().text());
        values.push(new ArithmeticExpression.Load(
                protocol, values.pop(), size, opening.token().column()));
    }

    private void reduceFor(int rank) {
        while (rank > 0 && !pending.isEmpty() && !isOpening(pending.peek())) {
            Pending top = pending.peek();
            int topRank = top.sign().equals("negate") ? 6 : rank(top.token());
            if (topRank == 0 || topRank < rank) {
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
