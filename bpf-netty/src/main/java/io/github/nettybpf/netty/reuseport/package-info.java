/**
 * Many event loops on one port: a group of sockets with SO_REUSEPORT, among which a classic BPF program chooses.
 *
 * <p>A {@link io.github.nettybpf.netty.reuseport.Steering} says which of the group's <i>slots</i> a datagram or a
 * connection belongs to. A {@link io.github.nettybpf.netty.reuseport.ReusePortGroup} has one channel, on an event loop of
 * its own, for each slot, and keeps the kernel's program right while channels come and go: the kernel numbers the
 * sockets of a group by itself, and numbers them anew when one is closed.
 *
 * <p>Source: SO_ATTACH_REUSEPORT_CBPF in socket(7), net/core/sock_reuseport.c of the kernel.
 */
@NullMarked
package io.github.nettybpf.netty.reuseport;

import org.jspecify.annotations.NullMarked;
