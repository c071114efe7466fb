/**
 * Sets of source addresses beside a program: {@code Source} reads where a packet comes from, {@code SourceRule} says
 * whether it is wanted, {@code SourceCode} makes instructions of a set, and {@code FoldedProgram} puts them before a
 * program for the kernel. Where a set is too large for that, {@code HotPrefixes} finds the prefixes that the kernel should
 * drop, from what {@code SourceSamples} has collected.
 */
@NullMarked
package io.github.nettybpf.netty.source;

import org.jspecify.annotations.NullMarked;
