package io.github.nettybpf.netty;

import io.github.nettybpf.netty.FilterStats.Location;
import io.github.nettybpf.netty.drops.DropReason;
import io.github.nettybpf.netty.observe.PacketCounters;
import java.util.List;
import java.util.Optional;

/** What a handler that observes nothing is expected to tell. */
final class ExpectedStats {
    private ExpectedStats() {}

    static FilterStats of(
            int accepted, int truncated, int dropped, long droppedInKernel, Location location, String reason) {
        PacketCounters counters = new PacketCounters();
        for (int i = 0; i < accepted; i++) {
            counters.accept();
        }
        for (int i = 0; i < truncated; i++) {
            counters.truncate();
        }
        for (int i = 0; i < dropped; i++) {
            counters.drop(DropReason.PROGRAM);
        }
        return new FilterStats(counters, droppedInKernel, List.of(), Optional.empty(), location, reason);
    }
}
