/** System calls for packet sockets that Netty does not offer, what they need, and how long they may take. */
@NullMarked
package io.github.nettybpf.packet.kernel;

import org.jspecify.annotations.NullMarked;
