package io.github.nettybpf.expression.parse;

import io.github.nettybpf.expression.parse.Expression.Direction;
import io.github.nettybpf.expression.parse.Expression.Kind;
import io.github.nettybpf.expression.parse.Expression.Qualifiers;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Parses the qualifiers between a protocol and an identifier: direction and kind. */
final class QualifierParser {
    private static final Map<String, Direction> WIRELESS = Map.of(
            "addr1", Direction.ADDRESS1,
            "address1", Direction.ADDRESS1,
            "addr2", Direction.ADDRESS2,
            "address2", Direction.ADDRESS2,
            "addr3", Direction.ADDRESS3,
            "address3", Direction.ADDRESS3,
            "addr4", Direction.ADDRESS4,
            "address4", Direction.ADDRESS4,
            "ra", Direction.RECEIVER,
            "ta", Direction.TRANSMITTER);

    private QualifierParser() {}

    /** {@return the qualifiers, or null if there are none} */
    static @Nullable Qualifiers parse(TokenStream tokens, String protocol) {
        Direction direction = direction(tokens);
        Kind kind = kind(tokens.peek());
        if (kind == null) {
            return direction == null ? null : new Qualifiers(protocol, direction, Kind.UNSPECIFIED);
        }
        Token token = tokens.next();
        if (direction != null && (kind == Kind.PROTO || kind == Kind.PROTOCHAIN || kind == Kind.GATEWAY)) {
            throw tokens.unexpected(token, "host, net, port or portrange after a direction");
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

    private static @Nullable Direction direction(TokenStream tokens) {
        Token first = tokens.peek();
        Direction wireless = first.kind() == Token.Kind.WORD ? WIRELESS.get(first.text()) : null;
        if (wireless != null) {
            tokens.next();
            return wireless;
        }
        if (!first.is("src") && !first.is("dst")) {
            return null;
        }
        tokens.next();
        Token operator = tokens.peek();
        boolean or = operator.is("or") || operator.is("||");
        if (!or && !operator.is("and") && !operator.is("&&")) {
            return first.is("src") ? Direction.SOURCE : Direction.DESTINATION;
        }
        tokens.next();
        tokens.expect(first.is("src") ? "dst" : "src");
        return or ? Direction.SOURCE_OR_DESTINATION : Direction.SOURCE_AND_DESTINATION;
    }
}
