package io.github.nettybpf.packet;

/**
 * What the kernel counted for a {@link PacketChannel} since it was made (PACKET_STATISTICS, added up
 * every ten seconds, as the kernel counts in 32 bits, and whenever it is asked for).
 *
 * @param packets frames that the filter let through, {@code drops} included
 * @param drops those of them that were lost because the ring, or the receive queue, was full
 */
public record PacketStatistics(long packets, long drops) {}
