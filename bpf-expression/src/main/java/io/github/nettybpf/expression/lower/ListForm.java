package io.github.nettybpf.expression.lower;

import io.github.nettybpf.expression.parse.Expression;
import io.github.nettybpf.expression.parse.Expression.Identifier;
import io.github.nettybpf.expression.parse.Expression.Kind;
import io.github.nettybpf.expression.parse.Expression.Primitive;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.Predicate;

/**
 * How lists of addresses and ports are arranged.
 *
 * @param shared whether each IPv4 address is tested in one place for IPv4, ARP and RARP, at an offset that the program
 *     computes; otherwise only long lists are
 * @param groupsAddresses whether alternatives that are compared with the same bits are one set, at the place of the first
 *     of them. A packet that ends before its destination is then accepted for its source alone, wherever its source
 *     stands in the list.
 * @param groupsPorts the same for ports
 */
record ListForm(boolean shared, boolean groupsAddresses, boolean groupsPorts) {
    /** Test by test, in the order of the text. */
    static final ListForm IN_ORDER = new ListForm(false, false, false);

    /**
     * {@return the form for an expression that is to be short}
     *
     * @param tree the expression
     * @param shared whether each IPv4 address is to be tested in one place
     */
    static ListForm of(Expression tree, boolean shared) {
        return new ListForm(shared, mayGroup(tree, ListForm::isAddress), mayGroup(tree, ListForm::isPort));
    }

    /**
     * {@return whether alternatives of a kind may be grouped} The optimizer of libpcap does so, too, where it finds them on
     * one path. That is where an expression is a conjunction of tests, and of alternatives between tests, either of which may
     * be negated, and only one list has tests of the kind. In others it depends on how paths join, so there the order
     * stays.
     */
    private static boolean mayGroup(Expression tree, Predicate<Expression> kind) {
        int lists = 0;
        Deque<Expression> open = new ArrayDeque<>();
        open.push(bare(tree));
        while (!open.isEmpty()) {
            Expression term = open.pop();
            List<Expression> terms = terms(term);
            if (terms.isEmpty() && !isTest(term)) {
                return false;
            }
            boolean ofKind = kind.test(term);
            for (Expression part : terms) {
                Expression one = bare(part);
                if (kind.test(one)) {
                    ofKind = true;
                } else if (term instanceof Expression.Or && !isTest(one)) {
                    return false;
                } else {
                    open.push(one);
                }
            }
            lists += ofKind ? 1 : 0;
        }
        return lists == 1;
    }

    private static List<Expression> terms(Expression term) {
        return term instanceof Expression.And and
                ? and.terms()
                : term instanceof Expression.Or or ? or.terms() : List.of();
    }

    private static Expression bare(Expression expression) {
        Expression bare = expression;
        while (bare instanceof Expression.Not not) {
            bare = not.term();
        }
        return bare;
    }

    /** {@return whether the term is a test of a header that is at the same place for all terms} */
    private static boolean isTest(Expression term) {
        return term instanceof Expression.Primitive || term instanceof Expression.Protocol;
    }

    /** {@return whether the term is a test of an IPv4 address} */
    private static boolean isAddress(Expression term) {
        return term instanceof Primitive primitive && primitive.identifier() instanceof Identifier.Ipv4;
    }

    private static boolean isPort(Expression term) {
        return term instanceof Primitive primitive
                && (primitive.qualifiers().kind() == Kind.PORT
                        || primitive.qualifiers().kind() == Kind.PORTRANGE);
    }
}
