/**
 * {@code bpf dbg}, a debugger with the commands and the answers of the kernel's bpf_dbg. {@link
 * io.github.nettybpf.tools.dbg.Debugger} executes a line; the lines come from a script ({@link
 * io.github.nettybpf.tools.dbg.Dbg}) or from a terminal ({@link io.github.nettybpf.tools.dbg.DebugTerminal}). {@link
 * io.github.nettybpf.tools.dbg.DebugState} is what is loaded: a program, a capture, and the machine that steps through
 * one on a packet of the other.
 */
@NullMarked
package io.github.nettybpf.tools.dbg;

import org.jspecify.annotations.NullMarked;
