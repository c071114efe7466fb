package io.github.nettybpf.expression.parse;

import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.Set;

/** The names of sets of addresses, which follow an {@code @} in an expression. */
public final class SetNames {
    /** What a name consists of, for messages. */
    public static final String CHARACTERS = "letters, digits, '_', '-', '.' and '/'";

    private SetNames() {}

    /** {@return whether a name may have the character} */
    static boolean isPart(char c) {
        return Lexer.isAlphanumeric(c) || "_-./".indexOf(c) >= 0;
    }

    /**
     * {@return whether an expression can have the name}
     *
     * @param name the name, without {@code @}
     */
    public static boolean isName(String name) {
        return !name.isEmpty() && name.chars().allMatch(c -> isPart((char) c));
    }

    /**
     * {@return the names that an expression has, in the order of their first mention}
     *
     * @param text the expression
     * @throws io.github.nettybpf.expression.ExpressionException if a part of it is no word, number, address or operator
     */
    public static Set<String> in(String text) {
        Set<String> names = new LinkedHashSet<>();
        for (Token token : Lexer.tokens(text)) {
            if (token.kind() == Token.Kind.SET) {
                names.add(token.text().substring(1));
            }
        }
        return Collections.unmodifiableSet(names);
    }
}
