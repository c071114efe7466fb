/**
 * One idea each, on one screen: start with {@link io.github.nettybpf.examples.UdpFilter}. ArpListener, DhcpListener and
 * DhcpServer, which are longer, read and write whole frames; what they read and decide is kept apart from input and output.
 */
@NullMarked
package io.github.nettybpf.examples;

import org.jspecify.annotations.NullMarked;
