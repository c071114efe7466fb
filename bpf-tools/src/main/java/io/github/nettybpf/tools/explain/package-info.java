/**
 * {@code bpf explain}: runs a program on one packet, {@linkplain io.github.nettybpf.tools.explain.PacketTrace traces}
 * each instruction with the values that it used, and says in one sentence why the packet was kept or dropped: the last
 * test whose other branch {@linkplain io.github.nettybpf.tools.explain.ReachableReturns reaches} a return of the other
 * kind.
 */
@NullMarked
package io.github.nettybpf.tools.explain;

import org.jspecify.annotations.NullMarked;
