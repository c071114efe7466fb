package io.github.nettybpf.expression.parse;

import io.github.nettybpf.expression.ExpressionException;
import io.github.nettybpf.expression.parse.Token.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** Makes tokens of the text of an expression, each as long as possible. */
final class Lexer {
    private static final Pattern NUMBER = Pattern.compile("[0-9]+|0[xX][0-9a-fA-F]+");
    private static final Pattern DOTTED = Pattern.compile("[0-9]+(\\.[0-9]+){1,3}");
    private static final Pattern MAC = Pattern.compile("([0-9a-fA-F]{1,2}-){5}[0-9a-fA-F]{1,2}"
            + "|([0-9a-fA-F]{1,2}\\.){5}[0-9a-fA-F]{1,2}"
            + "|([0-9a-fA-F]{1,2}:){5}[0-9a-fA-F]{1,2}"
            + "|[0-9a-fA-F]{4}\\.[0-9a-fA-F]{4}\\.[0-9a-fA-F]{4}"
            + "|[0-9a-fA-F]{12}");
    private static final String SIGNS = "+-*/%:[]!<>()&|^=";

    private final String text;
    private final List<Token> tokens = new ArrayList<>();
    private int at;

    private Lexer(String text) {
        this.text = text;
    }

    /** {@return the tokens, the last of which is {@link Kind#END}} */
    static List<Token> tokens(String text) {
        Lexer lexer = new Lexer(text);
        lexer.run();
        return lexer.tokens;
    }

    private void run() {
        while (at < text.length()) {
            char c = text.charAt(at);
            if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
                at++;
            } else if (c == '\\') {
                escaped();
            } else if (c == '@') {
                set();
            } else if (addressLength() > 0) {
                address(addressLength());
            } else if (isAlphanumeric(c)) {
                word();
            } else {
                sign(c);
            }
        }
        tokens.add(new Token(Kind.END, "", at + 1, 0));
    }

    private void add(Kind kind, int length, long value) {
        tokens.add(new Token(kind, text.substring(at, at + length), at + 1, value));
        at += length;
    }

    private ExpressionException error(String problem) {
        return new ExpressionException(at + 1, problem);
    }

    private void sign(char c) {
        if (SIGNS.indexOf(c) < 0) {
            String shown = c < ' ' || c > '~' ? String.format("U+%04X", (int) c) : "'" + c + "'";
            throw error(
                    shown + " (expected: a word, a number, an address or an operator" + StrayCharacter.hint(c) + ")");
        }
        String two = at + 1 < text.length() ? text.substring(at, at + 2) : "";
        boolean pair =
                switch (two) {
                    case ">=", "<=", "!=", "==", "<<", ">>", "&&", "||" -> true;
                    default -> false;
                };
        add(Kind.SIGN, pair ? 2 : 1, 0);
    }

    private void escaped() {
        int end = at + 1;
        while (end < text.length() && " !()\n\t".indexOf(text.charAt(end)) < 0) {
            end++;
        }
        if (end == at + 1) {
            throw error("'\\' (expected: a name after it)");
        }
        tokens.add(new Token(Kind.ESCAPED, text.substring(at + 1, end), at + 1, 0));
        at = end;
    }

    private void set() {
        int end = at + 1;
        while (end < text.length() && SetNames.isPart(text.charAt(end))) {
            end++;
        }
        if (end == at + 1) {
            throw error("'@' (expected: the name of a set after it: " + SetNames.CHARACTERS + ")");
        }
        add(Kind.SET, end - at, 0);
    }

    /** {@return the length of the address with colons that begins here, or 0 if none does} */
    private int addressLength() {
        char c = text.charAt(at);
        if (c != ':' && Character.digit(c, 16) < 0) {
            return 0;
        }
        int end = at;
        int colons = 0;
        while (end < text.length() && (isHex(text.charAt(end)) || ":.".indexOf(text.charAt(end)) >= 0)) {
            colons += text.charAt(end) == ':' ? 1 : 0;
            end++;
        }
        return colons >= 2 ? end - at : 0;
    }

    private void address(int length) {
        String address = text.substring(at, at + length);
        if (MAC.matcher(address).matches()) {
            add(Kind.MAC, length, 0);
        } else if (length <= 45 && AddressParser.ipv6(address) != null) {
            add(Kind.IPV6, length, 0);
        } else {
            throw error("'" + Spelling.shortened(address) + "' (expected: an IPv6 or a hardware address)");
        }
    }

    private void word() {
        int end = at + 1;
        while (end < text.length() && (isAlphanumeric(text.charAt(end)) || "-_.".indexOf(text.charAt(end)) >= 0)) {
            end++;
        }
        while (end > at + 1 && "-_".indexOf(text.charAt(end - 1)) >= 0) {
            end--;
        }
        String word = text.substring(at, end);
        Long known = NameTables.numbers().get(word);
        if (known != null) {
            add(Kind.NUMBER, word.length(), known);
        } else if (word.length() > Spelling.SHOWN) {
            add(Kind.WORD, word.length(), 0);
        } else if (MAC.matcher(word).matches()) {
            add(Kind.MAC, word.length(), 0);
        } else if (NUMBER.matcher(word).matches()) {
            add(Kind.NUMBER, word.length(), number(word));
        } else if (DOTTED.matcher(word).matches()) {
            add(Kind.IPV4, word.length(), 0);
        } else {
            add(Kind.WORD, word.length(), 0);
        }
    }

    /** {@return the value of a number, hexadecimal after 0x, octal after 0, otherwise decimal} */
    private long number(String word) {
        boolean hex = word.startsWith("0x") || word.startsWith("0X");
        int radix = hex ? 16 : word.charAt(0) == '0' ? 8 : 10;
        long value = 0;
        for (int i = hex ? 2 : 0; i < word.length(); i++) {
            int digit = Character.digit(word.charAt(i), radix);
            if (digit < 0) {
                throw error("'" + word + "' (expected: octal digits after a 0)");
            }
            value = value * radix + digit;
            if (value > 0xffffffffL) {
                throw error("'" + word + "' (expected: a number below 2^32)");
            }
        }
        return value;
    }

    private static boolean isHex(char c) {
        return c < 128 && Character.digit(c, 16) >= 0;
    }

    static boolean isAlphanumeric(char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    }
}
