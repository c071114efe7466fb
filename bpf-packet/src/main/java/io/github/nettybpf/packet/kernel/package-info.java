/** System calls for packet sockets that Netty does not offer, and what they need. */
@NullMarked
package io.github.nettybpf.packet.kernel;

import org.jspecify.annotations.NullMarked;
