/**
 * Packet filters for Netty channels. Begin with {@link io.github.nettybpf.netty.BpfFilterHandler}, which filters in the
 * pipeline or in the kernel; {@link io.github.nettybpf.netty.SocketFilters} is the kernel's part alone, and
 * {@link io.github.nettybpf.netty.PipelineSupport} tells which programs a pipeline can run. Works with Netty 4.1 and 4.2: the README says from which
 * versions on.
 *
 * <p>Behind the handler, {@code ChannelFilter} has the one state of a channel ({@code FilterState}), {@code
 * AttachedFilter} the socket's filter, and {@code PipelineFilter} the program with its view of the channel's packets.
 */
@NullMarked
package io.github.nettybpf.netty;

import org.jspecify.annotations.NullMarked;
