package io.github.nettybpf.expression.parse;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The terms that are parsed so far between two parentheses, or of the whole expression. */
final class Group {
    /**
     * Qualifiers, and where they were written.
     *
     * @param meaning what they mean
     * @param start the offset of the first one in the text
     * @param end the offset after the last one
     */
    record Written(Expression.Qualifiers meaning, int start, int end) {}

    /** The qualifiers that an identifier without qualifiers inherits, or null if there are none. */
    @Nullable
    Written qualifiers;

    /** Whether all terms are identifiers, as in {@code port (80 or 443)}. */
    boolean identifiers;

    /** Whether qualifiers precede the parenthesis. */
    final boolean qualified;

    /** The offset of the opening parenthesis in the text, 0 for the whole expression. */
    final int start;

    /** Whether the next term is negated. */
    boolean negated;

    private List<Expression> terms = new ArrayList<>();
    private boolean conjunction;

    Group(@Nullable Written qualifiers, boolean identifiers, boolean qualified, int start) {
        this.qualifiers = qualifiers;
        this.identifiers = identifiers;
        this.qualified = qualified;
        this.start = start;
    }

    boolean isEmpty() {
        return terms.isEmpty() && !negated;
    }

    /** Adds a term, which decides what the identifiers after it inherit. */
    void addTerm(Expression term, @Nullable Written inherited) {
        qualifiers = inherited;
        add(term);
    }

    /** Adds an identifier that inherits its qualifiers. A group that begins with one has only identifiers. */
    void addIdentifier(Expression identifier) {
        if (terms.isEmpty()) {
            identifiers = true;
        }
        add(identifier);
    }

    private void add(Expression term) {
        terms.add(negated ? new Expression.Not(term) : term);
        negated = false;
    }

    /** Says what joins the next term to those before: they bind equally, so another operator closes what it follows. */
    void join(boolean and) {
        if (terms.size() > 1 && and != conjunction) {
            Expression before = result();
            terms = new ArrayList<>();
            terms.add(before);
        }
        conjunction = and;
    }

    /** {@return the terms as one expression, in which a chain of the same operator may be several nodes} */
    Expression result() {
        if (terms.size() == 1) {
            return terms.get(0);
        }
        return conjunction ? new Expression.And(List.copyOf(terms)) : new Expression.Or(List.copyOf(terms));
    }
}
