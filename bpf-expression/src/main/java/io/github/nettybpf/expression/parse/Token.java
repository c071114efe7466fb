package io.github.nettybpf.expression.parse;

/**
 * A token of an expression.
 *
 * @param kind what it is
 * @param text as it was written, without a backslash
 * @param column where it is, from 1
 * @param value the number of a {@link Kind#NUMBER}, otherwise 0
 */
record Token(Kind kind, String text, int column, long value) {
    /** What a token is. */
    enum Kind {
        /** A name or keyword. */
        WORD,
        /** A name that is no keyword, because a backslash precedes it. */
        ESCAPED,
        /** A number, or a name that stands for one. */
        NUMBER,
        /** Two to four numbers with dots between. */
        IPV4,
        /** An IPv6 address without a prefix length. */
        IPV6,
        /** A hardware address. */
        MAC,
        /** The name of a set of addresses, with the {@code @} before it. */
        SET,
        /** An operator, parenthesis or bracket. */
        SIGN,
        /** The end of the expression. */
        END
    }

    /** {@return the offset in the text after it} */
    int end() {
        return column - 1 + text.length() + (kind == Kind.ESCAPED ? 1 : 0);
    }

    /** {@return whether this is the keyword or sign} */
    boolean is(String sign) {
        return (kind == Kind.SIGN || kind == Kind.WORD) && text.equals(sign);
    }
}
