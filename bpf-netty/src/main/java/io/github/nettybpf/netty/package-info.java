/**
 * Packet filters for Netty channels. {@link io.github.nettybpf.netty.BpfFilterHandler} is where to begin; {@link
 * io.github.nettybpf.netty.SocketFilters} is the kernel's side of it alone.
 */
@NullMarked
package io.github.nettybpf.netty;

import org.jspecify.annotations.NullMarked;
