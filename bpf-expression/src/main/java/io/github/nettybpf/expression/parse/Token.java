package io.github.nettybpf.expression.parse;

/**
 * A word of an expression.
 *
 * @param kind what it is
 * @param text as it was written, without a backslash
 * @param column where, from 1
 * @param value the number, if it is one
 */
record Token(Kind kind, String text, int column, long value) {
    enum Kind {
        /** A name or keyword. */
        WORD,
        /** A name that is no keyword, because a backslash precedes it. */
        ESCAPED,
        /** A number, or a name that stands for one. */
        NUMBER,
        /** Two to four numbers with dots between. */
        IPV4,
        IPV6,
        MAC,
        /** An operator, parenthesis or bracket. */
        SIGN,
        END
    }

    boolean is(String sign) {
        return (kind == Kind.SIGN || kind == Kind.WORD) && text.equals(sign);
    }
}
