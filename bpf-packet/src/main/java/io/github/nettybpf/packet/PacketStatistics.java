package io.github.nettybpf.packet;

/**
 * What the kernel has counted for a {@link PacketChannel} since it was created (PACKET_STATISTICS). The kernel's
 * counters have 32 bits; they are summed every second and at every query.
 *
 * @param packets frames that the filter accepted, including {@code drops}
 * @param drops accepted frames that were lost because the ring or the receive queue was full
 */
public record PacketStatistics(long packets, long drops) {}
