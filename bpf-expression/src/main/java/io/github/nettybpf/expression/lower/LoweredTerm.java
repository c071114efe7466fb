package io.github.nettybpf.expression.lower;

/**
 * A term of an expression as a formula.
 *
 * @param formula what a packet has to satisfy
 * @param offsets where the headers are for the terms after this one
 */
record LoweredTerm(BooleanFormula formula, HeaderOffsets offsets) {}
