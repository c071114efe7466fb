/**
 * The second pass: syntax tree to formula. {@link io.github.nettybpf.expression.lower.SetExpansion} replaces the names of
 * sets by what they contain. {@link io.github.nettybpf.expression.lower.Lowering} walks the tree, and
 * hands the offsets of the headers on from term to term; {@code TermLowering}, with a class each for protocols,
 * addresses, ports, keywords and arithmetic, lowers a term. A {@link
 * io.github.nettybpf.expression.lower.BooleanFormula} tests whether a {@link
 * io.github.nettybpf.expression.lower.Value}, which the program computes from the packet, is in a {@link
 * io.github.nettybpf.expression.lower.RangeSet}. These three are what the next pass needs.
 * {@link io.github.nettybpf.expression.lower.TermTests} tells of a value which terms test it.
 */
@NullMarked
package io.github.nettybpf.expression.lower;

import org.jspecify.annotations.NullMarked;
