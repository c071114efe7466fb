/**
 * Packet sockets (AF_PACKET, packet(7)) of Linux for Netty: {@link io.github.nettybpf.packet.PacketChannel} sends and
 * receives whole frames of a network interface. The kernel filters them from the first frame on.
 *
 * <p>A packet socket needs CAP_NET_RAW in the network namespace in which the channel is created.
 *
 * <p>This package needs Netty 4.2, because a {@link io.github.nettybpf.packet.PacketChannel} registers with the {@link
 * io.netty.channel.IoEventLoop} of that version.
 */
@NullMarked
package io.github.nettybpf.packet;

import org.jspecify.annotations.NullMarked;
