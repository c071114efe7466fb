package io.github.nettybpf.expression.parse;

import java.util.Map;

/** Says what to write instead of a character that the language does not have, but that pasted text often has. */
final class StrayCharacter {
    private static final String LEAVE_OUT = "leave it out";

    private static final Map<Character, String> HINTS = Map.ofEntries(
            Map.entry('\'', "a quote: the shell takes quotes away, an expression has none"),
            Map.entry('"', "a quote: the shell takes quotes away, an expression has none"),
            Map.entry('`', "a quote: the shell takes quotes away, an expression has none"),
            Map.entry('\u2018', "a quote: " + LEAVE_OUT),
            Map.entry('\u2019', "a quote: " + LEAVE_OUT),
            Map.entry('\u201c', "a quote: " + LEAVE_OUT),
            Map.entry('\u201d', "a quote: " + LEAVE_OUT),
            Map.entry('\u00ab', "a quote: " + LEAVE_OUT),
            Map.entry('\u00bb', "a quote: " + LEAVE_OUT),
            Map.entry('\ufeff', "a byte order mark: " + LEAVE_OUT),
            Map.entry('\u200b', "a zero-width space: " + LEAVE_OUT),
            Map.entry('\u200e', "a left-to-right mark: " + LEAVE_OUT),
            Map.entry('\u200f', "a right-to-left mark: " + LEAVE_OUT),
            Map.entry('\u00ad', "a soft hyphen: " + LEAVE_OUT),
            Map.entry('\u00a0', "a no-break space: write a space"),
            Map.entry('\u2007', "a figure space: write a space"),
            Map.entry('\u2009', "a thin space: write a space"),
            Map.entry('\u202f', "a narrow no-break space: write a space"),
            Map.entry('\u3000', "an ideographic space: write a space"),
            Map.entry('\u2010', "a hyphen: write '-'"),
            Map.entry('\u2011', "a no-break hyphen: write '-'"),
            Map.entry('\u2012', "a dash: write '-'"),
            Map.entry('\u2013', "a dash: write '-'"),
            Map.entry('\u2014', "a dash: write '-'"),
            Map.entry('\u2212', "a minus sign: write '-'"),
            Map.entry('\u2260', "an operator: write '!='"),
            Map.entry('\u2264', "an operator: write '<='"),
            Map.entry('\u2265', "an operator: write '>='"),
            Map.entry('{', "a set: write (80 or 443), with the qualifiers before it"),
            Map.entry('}', "the end of a set: write (80 or 443), with the qualifiers before it"),
            Map.entry(',', "a list: write 'or' between its elements"),
            Map.entry('~', "a complement: write the number"),
            Map.entry('#', "a comment: an expression has none"),
            Map.entry(';', "a separator: an expression has none"));

    private StrayCharacter() {}

    /** {@return "; it is WHAT: write THAT" for a character that is often pasted, otherwise ""} */
    static String hint(char c) {
        if (c > '\uff00' && c < '\uff5f') {
            return "; it is a full-width character: write '" + (char) (c - 0xfee0) + "'";
        }
        String hint = HINTS.get(c);
        return hint == null ? "" : "; it is " + hint;
    }
}
