/**
 * The second pass: syntax tree to formula. {@link io.github.nettybpf.expression.lower.Lowering} walks the tree with the
 * offsets of the headers, and makes each term a {@link io.github.nettybpf.expression.lower.BooleanFormula}: whether a {@link
 * io.github.nettybpf.expression.lower.Value}, which is computed from the packet, is in a set of numbers, {@link
 * io.github.nettybpf.expression.lower.RangeSet}.
 */
@NullMarked
package io.github.nettybpf.expression.lower;

import org.jspecify.annotations.NullMarked;
