package io.github.nettybpf.packet;

/**
 * Tells that frames which the filter accepted were lost, because the ring or the receive queue of a {@link
 * PacketChannel} was full: fired as a user event in its pipeline, at most once a second.
 *
 * @param lost how many since the last such event, at least 1
 * @param total how many since the channel was created: {@link PacketStatistics#drops}
 */
public record PacketLossEvent(long lost, long total) {}
