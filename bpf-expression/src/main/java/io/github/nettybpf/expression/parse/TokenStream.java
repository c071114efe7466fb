package io.github.nettybpf.expression.parse;

import io.github.nettybpf.expression.ExpressionException;
import java.util.List;

/** The tokens of an expression, and which of them is next. */
final class TokenStream {
    private final List<Token> tokens;
    private int at;

    TokenStream(List<Token> tokens) {
        this.tokens = tokens;
    }

    /** {@return the next token, which stays the next one} */
    Token peek() {
        return tokens.get(at);
    }

    /** {@return the token after the next one} */
    Token peekSecond() {
        return tokens.get(Math.min(at + 1, tokens.size() - 1));
    }

    /** {@return the next token} After the last one it is the last one again. */
    Token next() {
        Token token = tokens.get(at);
        if (at < tokens.size() - 1) {
            at++;
        }
        return token;
    }

    /** Takes the next token, which has to be the sign. */
    void expect(String sign) {
        expect(sign, "'" + sign + "'");
    }

    void expect(String sign, String expected) {
        Token token = next();
        if (!token.is(sign)) {
            throw unexpected(token, expected);
        }
    }

    /** {@return what to throw for a token that cannot be where it is} */
    ExpressionException unexpected(Token token, String expected) {
        String shown = token.kind() == Token.Kind.END ? "the end" : "'" + Spelling.shortened(token.text()) + "'";
        boolean unknown = token.kind() == Token.Kind.WORD && !Keywords.isKeyword(token);
        String hint = unknown ? Spelling.suggestion(token.text(), Keywords.all()) : "";
        return new ExpressionException(token.column(), shown + " (expected: " + expected + hint + ")");
    }
}
