package io.github.nettybpf.expression.lower;

import io.github.nettybpf.expression.FilterExpression.Options;
import io.github.nettybpf.expression.parse.Expression;
import io.github.nettybpf.expression.parse.Expression.Keyword;
import io.github.nettybpf.expression.parse.Expression.Primitive;
import io.github.nettybpf.expression.parse.Expression.Protocol;
import io.github.nettybpf.expression.parse.Expression.Relation;
import java.util.List;

/** Lowers the terms of an expression for which the headers are at the same offsets. */
final class TermLowering {
    private final HeaderOffsets offsets;
    private final ProtocolLowering protocols;
    private final PrimitiveLowering primitives;
    private final KeywordLowering keywords;
    private final ArithmeticLowering arithmetic;

    TermLowering(ValueTable values, HeaderOffsets offsets, Options options, ListForm form) {
        HeaderFields headers = new HeaderFields(values, offsets);
        this.offsets = offsets;
        this.protocols = new ProtocolLowering(headers);
        this.primitives = new PrimitiveLowering(headers, protocols, options, form);
        this.keywords = new KeywordLowering(headers, protocols, primitives, options);
        this.arithmetic = new ArithmeticLowering(headers, protocols);
    }

    /** {@return where the headers are for the terms that this lowers} */
    HeaderOffsets offsets() {
        return offsets;
    }

    /**
     * {@return whether a test of an IPv4 address without a protocol looks into ARP and RARP, too}
     *
     * @param column where the test is, for messages
     */
    boolean carriesArp(int column) {
        return offsets.mplsLabels() == 0
                && !offsets.isSocket()
                && protocols.linkType(ProtocolNumbers.ARP, column) != BooleanFormula.FALSE;
    }

    /**
     * {@return a term that has no terms of its own, lowered}
     *
     * @param term the term
     */
    LoweredTerm lower(Expression term) {
        if (term instanceof Primitive primitive) {
            return new LoweredTerm(lower(List.of(primitive), false), offsets);
        } else if (term instanceof Protocol protocol) {
            return inPlace(protocols.protocol(protocol.name(), protocol.column()));
        } else if (term instanceof Relation relation) {
            return inPlace(arithmetic.relation(relation));
        } else if (term instanceof Keyword keyword) {
            LoweredTerm lowered = keywords.lower(keyword);
            return new LoweredTerm(guarded(lowered.formula()), lowered.offsets());
        }
        throw new IllegalArgumentException(term + " has terms");
    }

    /**
     * {@return whether one of the primitives holds, as one test}
     *
     * @param alternatives one primitive, or several that differ only in their identifiers
     * @param negated whether none of them may hold instead
     */
    BooleanFormula lower(List<Primitive> alternatives, boolean negated) {
        BooleanFormula any = primitives.test(alternatives);
        return guarded(negated ? BooleanFormula.not(any) : any);
    }

    private LoweredTerm inPlace(BooleanFormula formula) {
        return new LoweredTerm(guarded(formula), offsets);
    }

    /** {@return the formula, but false for a packet without the tunnel that it looks into} */
    private BooleanFormula guarded(BooleanFormula formula) {
        Value tunnel = offsets.tunnel();
        if (tunnel == null || !BooleanFormula.readsScratch(formula)) {
            return formula;
        }
        RangeSet notZero = RangeSet.between(1, RangeSet.END - 1);
        return BooleanFormula.and(new BooleanFormula.Membership(tunnel, notZero), formula);
    }
}
