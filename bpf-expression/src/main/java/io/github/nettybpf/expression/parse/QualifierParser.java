package io.github.nettybpf.expression.parse;

import io.github.nettybpf.expression.parse.Expression.Direction;
import io.github.nettybpf.expression.parse.Expression.Kind;
import io.github.nettybpf.expression.parse.Expression.Qualifiers;
import org.jspecify.annotations.Nullable;

/** Reads what precedes an identifier, behind the protocol. */
final class QualifierParser {
    private QualifierParser() {}

    /** {@return the qualifiers}, or null if there are none. */
    static @Nullable Qualifiers parse(TokenStream cursor, String protocol) {
        Direction direction = direction(cursor);
        Kind kind = kind(cursor.peek());
        if (kind == null) {
            return direction == null ? null : new Qualifiers(protocol, direction, Kind.UNSPECIFIED);
        }
        Token token = cursor.next();
        if (direction != null && (kind == Kind.PROTO || kind == Kind.PROTOCHAIN || kind == Kind.GATEWAY)) {
            throw cursor.unexpected(token, "host, net, port or portrange behind a direction");
        }
        return new Qualifiers(protocol, direction == null ? Direction.EITHER : direction, kind);
    }

    private static @Nullable Kind kind(Token token) {
        if (token.kind() != Token.Kind.WORD) {
            return null;
        }
        return switch (token.text()) {
            case "host" -> Kind.HOST;
            case "net" -> Kind.NET;
            case "port" -> Kind.PORT;
            case "portrange" -> Kind.PORTRANGE;
            case "proto" -> Kind.PROTO;
            case "protochain" -> Kind.PROTOCHAIN;
            case "gateway" -> Kind.GATEWAY;
            default -> null;
        };
    }

    private static @Nullable Direction direction(TokenStream cursor) {
        Token first = cursor.peek();
        if (!first.is("src") && !first.is("dst")) {
            return null;
        }
        cursor.next();
        Token operator = cursor.peek();
        boolean or = operator.is("or") || operator.is("||");
        if (!or && !operator.is("and") && !operator.is("&&")) {
            return first.is("src") ? Direction.SOURCE : Direction.DESTINATION;
        }
        cursor.next();
        cursor.expect(first.is("src") ? "dst" : "src");
        return or ? Direction.SOURCE_OR_DESTINATION : Direction.SOURCE_AND_DESTINATION;
    }
}
