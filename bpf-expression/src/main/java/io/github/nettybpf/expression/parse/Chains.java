package io.github.nettybpf.expression.parse;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Makes one node of each chain of the same operator, wherever its parentheses are: of {@code a and (b and c)} one with
 * three terms. This is done once, for a whole expression, as a parser that did it at each closing parenthesis would
 * copy what is in the innermost ones again and again.
 */
final class Chains {
    /** The node that is being made, and those around it. */
    private final Deque<Node> open = new ArrayDeque<>();

    private Chains() {}

    /** {@return the expression with one node for each chain} */
    static Expression joined(Expression expression) {
        if (termsOf(expression) == null) {
            return expression;
        }
        return new Chains().join(expression);
    }

    private Expression join(Expression root) {
        open.push(new Node(root));
        while (true) {
            Node node = open.element();
            Expression term = node.next();
            if (term != null) {
                if (termsOf(term) == null) {
                    node.terms.add(term);
                } else {
                    open.push(new Node(term));
                }
                continue;
            }
            open.pop();
            if (open.isEmpty()) {
                return node.made();
            }
            open.element().terms.add(node.made());
        }
    }

    private static @Nullable List<Expression> termsOf(Expression expression) {
        if (expression instanceof Expression.And and) {
            return and.terms();
        }
        if (expression instanceof Expression.Or or) {
            return or.terms();
        }
        return expression instanceof Expression.Not not ? List.of(not.term()) : null;
    }

    /** A conjunction, disjunction or negation that is being made. */
    private static final class Node {
        private final Class<? extends Expression> operator;

        /** The terms that follow, those of the innermost parenthesis first. */
        private final Deque<Iterator<Expression>> following = new ArrayDeque<>();

        private final List<Expression> terms = new ArrayList<>();

        Node(Expression expression) {
            operator = expression.getClass();
            follow(expression);
        }

        private void follow(Expression expression) {
            List<Expression> its = termsOf(expression);
            if (its != null) {
                following.push(its.iterator());
            }
        }

        /** {@return the next term that belongs to no chain of this node, or null if there is none} */
        @Nullable
        Expression next() {
            while (!following.isEmpty()) {
                Iterator<Expression> terms = following.element();
                if (!terms.hasNext()) {
                    following.pop();
                    continue;
                }
                Expression term = terms.next();
                if (term.getClass() != operator || operator == Expression.Not.class) {
                    return term;
                }
                follow(term);
            }
            return null;
        }

        Expression made() {
            if (operator == Expression.Not.class) {
                return new Expression.Not(terms.get(0));
            }
            return operator == Expression.And.class
                    ? new Expression.And(List.copyOf(terms))
                    : new Expression.Or(List.copyOf(terms));
        }
    }
}
