/**
 * The compiler from programs to JVM bytecode. {@link io.github.nettybpf.core.compile.FilterCompiler} runs its passes,
 * in this order:
 *
 * <ol>
 *   <li>{@code ControlFlow} threads jumps, merges equal returns, and finds live registers, in-degrees and the minimum
 *   length
 *       that a packet needs from each instruction on.
 *   <li>{@code SwitchFinder} recovers switches: comparisons of A with constants become a {@code RecoveredSwitch} by
 *   keys,
 *       which {@code PerfectHashTable} looks up, or by the ranges of a {@code RangeMap}.
 *   <li>{@code Plan} propagates {@code KnownBits} and known lengths forwards, and lets {@code IfConversionFinder} turn
 *   tests
 *       with two targets in all into an {@code IfConversion}, which is evaluated without branches.
 *   <li>{@code Partition} outlines methods that are short enough for HotSpot to compile.
 *   <li>{@code MethodEmitter} emits each method for each type of packet: {@code OperationEmitter} selects the bytecode
 *   for
 *       one instruction, {@code SwitchEmitter} for a switch and {@code IfConversionEmitter} for an if-conversion.
 * </ol>
 */
@NullMarked
package io.github.nettybpf.core.compile;

import org.jspecify.annotations.NullMarked;
