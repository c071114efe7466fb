/**
 * Maps the instructions of a program back to the terms of its expression, after it is compiled and only if somebody asks.
 * {@code SymbolicExecution} finds out what A and X hold before each instruction, as the values that the terms test;
 * {@link io.github.nettybpf.expression.origin.SourceOrigins} writes the terms as text.
 */
@NullMarked
package io.github.nettybpf.expression.origin;

import org.jspecify.annotations.NullMarked;
