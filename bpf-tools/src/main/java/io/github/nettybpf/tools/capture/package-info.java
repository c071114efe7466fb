/**
 * Captures of packets: reads pcap and pcapng, plain or gzipped, and writes pcapng. {@link
 * io.github.nettybpf.tools.capture.CaptureReader} is where to begin.
 */
@NullMarked
package io.github.nettybpf.tools.capture;

import org.jspecify.annotations.NullMarked;
