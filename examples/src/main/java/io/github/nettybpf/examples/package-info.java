/**
 * Examples, each of which shows one idea: start with {@code UdpFilter} in the package {@code servers}. ArpListener,
 * DhcpListener and DhcpServer are longer: they read and write whole Ethernet frames, and keep parsing and decisions
 * apart from input and output. {@code UdpLoops} and {@code QuicEcho}, in the package {@code loops}, are servers on many event
 * loops.
 */
@NullMarked
package io.github.nettybpf.examples;

import org.jspecify.annotations.NullMarked;
