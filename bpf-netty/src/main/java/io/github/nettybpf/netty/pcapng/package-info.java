/** What writes pcapng files: samples of dropped packets, and the captures of the {@code bpf} command. */
@NullMarked
package io.github.nettybpf.netty.pcapng;

import org.jspecify.annotations.NullMarked;
