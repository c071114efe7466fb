/**
 * The {@code bpf} command: one class a verb, behind {@link io.github.nettybpf.tools.Bpf#run}, which knows nothing of the
 * process it runs in.
 */
@NullMarked
package io.github.nettybpf.tools;

import org.jspecify.annotations.NullMarked;
