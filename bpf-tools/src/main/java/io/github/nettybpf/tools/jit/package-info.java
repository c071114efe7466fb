/**
 * {@code bpf jit}: shows the JVM bytecode that a program is compiled to, below the instructions that it comes from
 * ({@link io.github.nettybpf.tools.jit.Bytecode}, {@link io.github.nettybpf.tools.jit.JitListing}), and on request the
 * machine code that HotSpot's C2 makes of it ({@link io.github.nettybpf.tools.jit.MachineCode}).
 */
@NullMarked
package io.github.nettybpf.tools.jit;

import org.jspecify.annotations.NullMarked;
