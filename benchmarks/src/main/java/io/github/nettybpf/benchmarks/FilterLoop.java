package io.github.nettybpf.benchmarks;

import io.github.nettybpf.core.Filter;
import io.github.nettybpf.core.Packet;

/** Runs a filter on packets that each have their own array. */
final class FilterLoop implements JavaEngine.Loop {
    final Filter filter;
    private final Packet[] packets;

    FilterLoop(Filter filter, Frames frames) {
        this(filter, frames.packets(Packet::of));
    }

    FilterLoop(Filter filter, Packet[] packets) {
        this.filter = filter;
        this.packets = packets;
    }

    @Override
    public int checksum(int from, int to) {
        int checksum = 0;
        for (int i = from; i < to; i++) {
            checksum = checksum * 31 + filter.run(packets[i]);
        }
        return checksum;
    }
}
