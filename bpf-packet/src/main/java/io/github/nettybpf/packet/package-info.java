/**
 * Raw network interfaces for Netty: {@link io.github.nettybpf.packet.PacketChannel} sends and receives whole frames
 * through a packet socket of Linux (AF_PACKET, packet(7)), with the filter in the kernel from the first frame on.
 *
 * <p>A packet socket needs CAP_NET_RAW in the network namespace that the channel is made in.
 */
@NullMarked
package io.github.nettybpf.packet;

import org.jspecify.annotations.NullMarked;
