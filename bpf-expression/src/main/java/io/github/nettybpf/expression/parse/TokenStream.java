package io.github.nettybpf.expression.parse;

import io.github.nettybpf.expression.ExpressionException;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

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
        return tokenAt(at + 1);
    }

    /** {@return the next token} After the last one it is the last one again. */
    Token next() {
        Token token = tokens.get(at);
        if (at < tokens.size() - 1) {
            at++;
        }
        return token;
    }

    /** {@return the offset in the text at which the next token starts} */
    int start() {
        return peek().column() - 1;
    }

    /** {@return the offset in the text after the token that was taken last} */
    int end() {
        return tokens.get(at - 1).end();
    }

    /** {@return the offset in the text after the token of a column} */
    int endOfTokenAt(int column) {
        int index = Collections.binarySearch(
                tokens, new Token(Token.Kind.END, "", column, 0), Comparator.comparingInt(Token::column));
        return tokens.get(index).end();
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

    /** {@return what the author of an unknown word may have meant, as the end of a message} */
    private String hint(Token token) {
        String displayFilter = displayFilter(token);
        String lower = token.text().toLowerCase(Locale.ROOT);
        if (displayFilter != null) {
            return displayFilter;
        } else if (Keywords.all().contains(lower)) {
            return "; keywords are in lower case: '" + lower + "'";
        } else if (NameTables.usualServices().contains(lower)) {
            return "; did you mean 'port " + lower + "'?";
        }
        return Spelling.suggestion(token.text(), Keywords.all());
    }

    /** {@return the end of a message for a field of a display filter, or null if the token begins none} */
    @Nullable
    String displayFilter(Token token) {
        if (!DisplayFilter.isField(token)) {
            return null;
        }
        int index = Collections.binarySearch(tokens, token, Comparator.comparingInt(Token::column));
        return DisplayFilter.hint(
                token, List.of(tokenAt(index + 1), tokenAt(index + 2), tokenAt(index + 3), tokenAt(index + 4)));
    }

    private Token tokenAt(int index) {
        return tokens.get(Math.min(index, tokens.size() - 1));
    }

    /** {@return what to throw for a token that cannot be where it is} */
    ExpressionException unexpected(Token token, String expected) {
        String shown = token.kind() == Token.Kind.END ? "the end" : "'" + Spelling.shortened(token.text()) + "'";
        boolean unknown = token.kind() == Token.Kind.WORD && !Keywords.isKeyword(token);
        String hint = unknown ? hint(token) : "";
        return new ExpressionException(token.column(), shown + " (expected: " + expected + hint + ")");
    }
}
