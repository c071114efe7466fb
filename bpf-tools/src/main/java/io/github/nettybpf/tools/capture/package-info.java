/**
 * Captures of packets: reads pcap and pcapng, plain or compressed, and writes pcapng. {@link
 * io.github.nettybpf.tools.capture.CaptureReader} reads; a format ({@link
 * io.github.nettybpf.tools.capture.CaptureFormat}) takes packet after packet from a {@link
 * io.github.nettybpf.tools.capture.ByteWindow} on the file. {@link io.github.nettybpf.tools.capture.CapturedPacket} is
 * the packet that a program sees, and {@link io.github.nettybpf.tools.capture.LinkTypes} the one place that knows the
 * numbers of link types.
 */
@NullMarked
package io.github.nettybpf.tools.capture;

import org.jspecify.annotations.NullMarked;
