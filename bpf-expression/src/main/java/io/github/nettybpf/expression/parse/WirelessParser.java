package io.github.nettybpf.expression.parse;

import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Parses what follows {@code type}, {@code subtype} and {@code dir}, which test the frame control field of 802.11. */
final class WirelessParser {
    private final TokenStream tokens;

    WirelessParser(TokenStream tokens) {
        this.tokens = tokens;
    }

    /** {@return the test} Its number has the bits that are compared, and in the lower byte what they have to be. */
    Expression.Keyword parse(Token keyword) {
        Token first = tokens.next();
        int column = keyword.column();
        if (keyword.is("dir") || keyword.is("direction")) {
            int direction = value(first, WirelessNames.DIRECTIONS, WirelessNames.DIRECTION);
            return new Expression.Keyword("dir", first.text(), WirelessNames.DIRECTION << 8 | direction, column);
        }
        int whole = WirelessNames.TYPE | WirelessNames.SUBTYPE;
        if (keyword.is("subtype")) {
            int subtype = named(first, WirelessNames.SUBTYPES, WirelessNames.SUBTYPES.keySet());
            return new Expression.Keyword("subtype", first.text(), whole << 8 | subtype, column);
        }
        int type = value(first, WirelessNames.TYPES, WirelessNames.TYPE);
        if (!tokens.peek().is("subtype")) {
            return new Expression.Keyword("type", first.text(), WirelessNames.TYPE << 8 | type, column);
        }
        tokens.next();
        Token second = tokens.next();
        Map<String, Integer> subtypes = WirelessNames.SUBTYPES.entrySet().stream()
                .filter(name -> (name.getValue() & WirelessNames.TYPE) == type)
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
        int subtype = second.kind() == Token.Kind.NUMBER
                ? number(second, WirelessNames.SUBTYPE)
                : named(second, subtypes, subtypes.keySet());
        String detail = first.text() + " and subtype " + second.text();
        return new Expression.Keyword("type", detail, whole << 8 | type | subtype, column);
    }

    private int value(Token token, Map<String, Integer> names, int mask) {
        return token.kind() == Token.Kind.NUMBER ? number(token, mask) : named(token, names, names.keySet());
    }

    private int number(Token token, int mask) {
        if ((token.value() & ~mask) != 0) {
            throw tokens.unexpected(token, String.format("a number with no other bits than 0x%02x", mask));
        }
        return (int) token.value();
    }

    private int named(Token token, Map<String, Integer> names, Set<String> expected) {
        Integer value =
                token.kind() == Token.Kind.WORD || token.kind() == Token.Kind.ESCAPED ? names.get(token.text()) : null;
        if (value == null) {
            throw tokens.unexpected(token, expected.stream().sorted().collect(Collectors.joining(", ")));
        }
        return value;
    }
}
