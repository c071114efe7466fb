/**
 * What the verbs of the {@code bpf} command share. A verb is a class with the name of the subcommand; it is made with a
 * {@link io.github.nettybpf.tools.Session}, the streams that it reads and writes, and knows neither the other verbs nor
 * the command that they are part of.
 *
 * <p>Arguments that several verbs take are here: {@link io.github.nettybpf.tools.Source} (a file of program text),
 * {@link io.github.nettybpf.tools.ProgramArgument} (a program in any notation, or a filter expression), {@link
 * io.github.nettybpf.tools.CaptureArgument}. A verb that cannot do what it was asked for throws {@link
 * io.github.nettybpf.tools.Refusal}: its message goes to standard error, and the exit code is 1.
 *
 * <p>Packages by verb: {@code cli} has the command itself with the verbs that translate programs and inspect them,
 * {@code run} those that run programs on many packets, {@code dbg} the debugger, {@code explain}, {@code graph} and
 * {@code jit} a verb each. {@code capture} reads and writes capture files, and knows nothing of verbs.
 */
@NullMarked
package io.github.nettybpf.tools;

import org.jspecify.annotations.NullMarked;
