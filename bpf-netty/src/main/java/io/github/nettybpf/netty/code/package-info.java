/**
 * Programs that are made of others: {@code LabeledCode} is instructions that jump to labels, {@code GuardedProgram} a
 * user's program in the middle of such code, whose ends lead on instead of ending it.
 */
@NullMarked
package io.github.nettybpf.netty.code;

import org.jspecify.annotations.NullMarked;
