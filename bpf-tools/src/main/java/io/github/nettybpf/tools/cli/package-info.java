/**
 * The {@code bpf} command: {@link io.github.nettybpf.tools.cli.Bpf} makes the verbs, lets picocli parse the command
 * line, and turns failures into messages and exit codes. Also the verbs that need no packet: {@code asm}, {@code
 * disasm} and {@code compile} translate a program from one notation to another, {@code check} says what is known of it
 * without running it, and {@code completion} writes the script for shells.
 */
@NullMarked
package io.github.nettybpf.tools.cli;

import org.jspecify.annotations.NullMarked;
