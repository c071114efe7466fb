/**
 * Verbs that run a program on many packets: {@code run} on captures, {@code bench} to measure that, {@code eval} on
 * cases from a stream of text. The program is run by an {@link io.github.nettybpf.tools.run.Engine}; {@link
 * io.github.nettybpf.tools.run.Verdicts} compiles an expression for each link type that a capture has.
 */
@NullMarked
package io.github.nettybpf.tools.run;

import org.jspecify.annotations.NullMarked;
