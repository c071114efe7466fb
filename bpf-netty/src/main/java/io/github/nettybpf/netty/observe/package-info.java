/**
 * What is told of the packets that a channel's handler judges: {@code DecisionCounter} counts how its program decides,
 * {@code DropSampler} takes samples of what is dropped and {@code SampleQueue} brings them to a listener, {@code
 * KernelSamples} lets the kernel pass samples, and {@code ShadowCounter} compares the program with another one. {@code
 * RuleDrops} adds up the drops of a handler's programs by rule, and {@code FilterEvents} is what JDK Flight Recorder is told.
 */
@NullMarked
package io.github.nettybpf.netty.observe;

import org.jspecify.annotations.NullMarked;
