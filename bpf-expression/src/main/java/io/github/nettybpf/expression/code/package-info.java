/**
 * The third pass: formula to instructions. {@code DecisionGraph} makes the formula a decision graph; {@code Optimizer} threads jumps
 * through it and merges tests; {@code InstructionSelection} selects instructions; {@code Emitter} writes them. {@link
 * io.github.nettybpf.expression.code.CodeGenerator} runs the four.
 */
@NullMarked
package io.github.nettybpf.expression.code;

import org.jspecify.annotations.NullMarked;
