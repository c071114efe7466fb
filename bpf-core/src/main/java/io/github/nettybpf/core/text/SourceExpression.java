package io.github.nettybpf.core.text;

import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Evaluates constant expressions in the syntax of C: numbers, {@link SourceNames}, {@code |}, {@code &}, {@code <<},
 * {@code +}, {@code -}, {@code ~}, parentheses, and casts to types of 32 bits.
 */
final class SourceExpression {
    private static final long LIMIT = 1L << 33;
    private static final int MOST_NESTED = 16;

    private static final Pattern NUMBER =
            Pattern.compile("(?:0[xX](?<hex>[0-9a-fA-F_]+)|0[bB](?<binary>[01_]+)|0[oO]?(?<octal>[0-7_]+)"
                    + "|(?<decimal>0|[1-9][0-9_]*))(?:[uUlL]{0,3}|_?[ui](?:8|16|32|64|size))");

    /** The words of types that hold 32 bits, signed or unsigned. */
    private static final Set<String> TYPES = Set.of(
            "u_int", "unsigned", "int", "uint32_t", "int32_t", "u_int32_t", "__u32", "__s32", "u32", "bpf_u_int32");

    private final SourceTokens in;
    private int nested;

    SourceExpression(SourceTokens in) {
        this.in = in;
    }

    /** {@return the value of the expression that begins here, which is taken} */
    long value() {
        long value = intersection();
        while (in.take("|")) {
            value |= intersection();
        }
        return value;
    }

    private long intersection() {
        long value = shifted();
        while (in.take("&")) {
            value &= shifted();
        }
        return value;
    }

    private long shifted() {
        long value = sum();
        while (in.is("<<")) {
            int at = in.position();
            in.take();
            long bits = sum();
            if (bits < 0 || bits > 31) {
                throw in.error(at, "shift by " + bits + " (expected: 0..31)");
            }
            value = checked(value << bits, at);
        }
        return value;
    }

    private long sum() {
        long value = term();
        while (in.is("+") || in.is("-")) {
            int at = in.position();
            boolean isPlus = in.take().equals("+");
            long next = term();
            value = checked(isPlus ? value + next : value - next, at);
        }
        return value;
    }

    private long checked(long value, int at) {
        if (value < -LIMIT || value > LIMIT) {
            throw in.error(at, "a value of more than 33 bits (expected: -2147483648..4294967295)");
        }
        return value;
    }

    private long term() {
        int at = in.position();
        if (++nested > MOST_NESTED) {
            throw in.error(at, "more than 16 operators and parentheses inside one another (expected: a number)");
        }
        long value;
        if (in.take("-")) {
            value = -term();
        } else if (in.take("~")) {
            value = ~term();
        } else if (in.take("+")) {
            value = term();
        } else if (in.is("(")) {
            value = parenthesis();
        } else {
            value = number(at);
        }
        nested--;
        return value;
    }

    private long parenthesis() {
        in.require("(");
        if (!TYPES.contains(in.peek())) {
            long value = value();
            in.require(")");
            return value;
        }
        boolean isSigned = true;
        while (in.isWord()) {
            int at = in.position();
            String word = in.take();
            if (!TYPES.contains(word)) {
                throw in.error(at, Scanner.quoted(word) + " (expected: a type of 32 bits)");
            }
            isSigned &= Set.of("int", "int32_t", "__s32").contains(word);
        }
        in.require(")");
        long value = term();
        return isSigned ? (int) value : value & 0xffff_ffffL;
    }

    private long number(int at) {
        String token = in.peek();
        if (in.isWord()) {
            Long named = SourceNames.number(token);
            if (named == null) {
                throw in.error(at, Ebpf.isName(token) ? Ebpf.PROBLEM : Scanner.quoted(token) + " (expected: a number)");
            }
            in.take();
            return named;
        }
        Matcher matcher = NUMBER.matcher(token);
        if (!matcher.matches()) {
            throw in.isNumber()
                    ? in.error(at, Scanner.quoted(token) + " (expected: a number)")
                    : in.unexpected("a number");
        }
        in.take();
        return parse(matcher, token, at);
    }

    private long parse(Matcher matcher, String token, int at) {
        String[] groups = {"hex", "binary", "octal", "decimal"};
        int[] radixes = {16, 2, 8, 10};
        for (int i = 0; i < groups.length; i++) {
            if (matcher.group(groups[i]) == null) {
                continue;
            }
            String digits = matcher.group(groups[i]).replace("_", "").toLowerCase(Locale.ROOT);
            long value = 0;
            for (int n = 0; n < digits.length() && value <= 0xffff_ffffL; n++) {
                value = value * radixes[i] + Character.digit(digits.charAt(n), radixes[i]);
            }
            if (value > 0xffff_ffffL) {
                throw in.error(at, "number " + token + " (expected: 0..4294967295)");
            }
            return value;
        }
        throw new AssertionError(token);
    }
}
