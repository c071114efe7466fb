/**
 * The third pass: formula to instructions. {@code DecisionGraph} makes a decision graph of the formula; {@code
 * Optimizer} threads jumps through it and merges tests, by the ranges that {@code RangeFacts} knows; {@code
 * InstructionSelection} chooses the instructions of each node; {@code SwitchLowering} and {@code Emitter} lay them out.
 * {@link io.github.nettybpf.expression.code.CodeGenerator} runs these steps.
 */
@NullMarked
package io.github.nettybpf.expression.code;

import org.jspecify.annotations.NullMarked;
