package io.github.nettybpf.expression.parse;

import io.github.nettybpf.expression.ExpressionException;
import io.github.nettybpf.expression.parse.Expression.Identifier;
import io.github.nettybpf.expression.parse.Expression.Qualifiers;
import java.util.Objects;

/** Parses identifiers: addresses, numbers and names. */
final class IdentifierParser {
    private static final String HARDWARE = "a hardware address; a set has IP addresses";

    private IdentifierParser() {}

    /** {@return the next identifier} The caller has checked that the next token begins one. */
    static Identifier parse(TokenStream tokens, Qualifiers qualifiers) {
        Token token = tokens.next();
        if (qualifiers.protocol().equals("decnet") && token.kind() == Token.Kind.IPV4) {
            return decnet(tokens, token);
        }
        return switch (token.kind()) {
            case NUMBER -> new Identifier.Numeral(token.value());
            case IPV4 -> ipv4(tokens, token);
            case IPV6 -> ipv6(tokens, token);
            case MAC -> new Identifier.Mac(token.text(), AddressParser.mac(token.text()));
            case SET -> set(tokens, token, qualifiers);
            case WORD, ESCAPED -> new Identifier.Name(token.text());
            case SIGN, END -> throw new IllegalArgumentException(token.toString());
        };
    }

    private static Identifier set(TokenStream tokens, Token token, Qualifiers qualifiers) {
        String expected =
                switch (qualifiers.kind()) {
                    case PORT, PORTRANGE -> "a port; a set has addresses, for host and net";
                    case PROTO, PROTOCHAIN -> "the number or name of a protocol";
                    case GATEWAY -> "host or net instead of 'gateway' before it";
                    case UNSPECIFIED, HOST, NET ->
                        switch (qualifiers.protocol()) {
                            case "", "ip", "ip6", "arp", "rarp" ->
                                qualifiers.direction().isWireless() ? HARDWARE : "";
                            case "link" -> HARDWARE;
                            default ->
                                "ip, ip6, arp, rarp or nothing instead of '" + qualifiers.protocol() + "' before it";
                        };
                };
        if (!expected.isEmpty()) {
            throw tokens.unexpected(token, expected);
        }
        return new Identifier.SetName(token.text().substring(1));
    }

    private static Identifier decnet(TokenStream tokens, Token token) {
        String[] parts = token.text().split("\\.", -1);
        boolean fits = parts.length == 2 && parts[0].length() <= 4 && parts[1].length() <= 4;
        int area = fits ? Integer.parseInt(parts[0]) : -1;
        int node = fits ? Integer.parseInt(parts[1]) : -1;
        if (area < 0 || area > 63 || node > 1023) {
            throw tokens.unexpected(token, "AREA.NODE, at most 63.1023, after 'decnet'");
        }
        return new Identifier.Decnet(token.text(), area << 10 | node);
    }

    private static Identifier ipv4(TokenStream tokens, Token token) {
        long read = read(tokens, token);
        int address = (int) (read >>> 8);
        int bits = (int) (read & 0xff);
        if (tokens.peek().is("/")) {
            tokens.next();
            int prefix = prefix(tokens, 32);
            int mask = prefix == 0 ? 0 : -1 << (32 - prefix);
            return checked(token, "/" + prefix, address, mask);
        }
        if (tokens.peek().is("mask")) {
            tokens.next();
            Token written = tokens.next();
            if (written.kind() != Token.Kind.IPV4) {
                throw tokens.unexpected(written, "a mask such as 255.255.0.0");
            }
            int mask = (int) (read(tokens, written) >>> 8);
            return checked(token, " mask " + written.text(), address, mask);
        }
        return new Identifier.Ipv4(token.text(), address, bits == 32 ? -1 : -1 << (32 - bits), false);
    }

    private static long read(TokenStream tokens, Token token) {
        long read = AddressParser.ipv4(token.text());
        if (read < 0) {
            throw tokens.unexpected(token, "numbers 0..255 between the dots");
        }
        return read;
    }

    private static Identifier checked(Token token, String suffix, int address, int mask) {
        String text = token.text() + suffix;
        if ((address & ~mask) != 0) {
            throw new ExpressionException(
                    token.column(),
                    "'" + text + "' (expected: zeros after the prefix; did you mean '" + dotted(address & mask) + suffix
                            + "'?)");
        }
        return new Identifier.Ipv4(text, address, mask, true);
    }

    private static String dotted(int address) {
        return (address >>> 24) + "." + ((address >>> 16) & 255) + "." + ((address >>> 8) & 255) + "."
                + (address & 255);
    }

    private static Identifier ipv6(TokenStream tokens, Token token) {
        long[] halves = Objects.requireNonNull(AddressParser.ipv6(token.text()));
        if (!tokens.peek().is("/")) {
            return new Identifier.Ipv6(token.text(), halves[0], halves[1], 128);
        }
        tokens.next();
        int prefix = prefix(tokens, 128);
        long highMask = prefix == 0 ? 0 : prefix >= 64 ? -1 : -1L << (64 - prefix);
        long lowMask = prefix <= 64 ? 0 : -1L << (128 - prefix);
        if ((halves[0] & ~highMask) != 0 || (halves[1] & ~lowMask) != 0) {
            throw new ExpressionException(
                    token.column(), "'" + token.text() + "/" + prefix + "' (expected: zeros after the prefix)");
        }
        return new Identifier.Ipv6(token.text() + "/" + prefix, halves[0], halves[1], prefix);
    }

    private static int prefix(TokenStream tokens, int most) {
        Token token = tokens.next();
        if (token.kind() != Token.Kind.NUMBER || token.value() > most) {
            throw tokens.unexpected(token, "the length of a prefix, 0.." + most);
        }
        return (int) token.value();
    }
}
