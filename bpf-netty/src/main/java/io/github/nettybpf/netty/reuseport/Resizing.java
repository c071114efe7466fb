package io.github.nettybpf.netty.reuseport;

import java.util.concurrent.CompletableFuture;

/** One change of the number of slots. */
final class Resizing {
    private final GroupMembers members;

    Resizing(GroupMembers members) {
        this.members = members;
    }

    /** {@return a stage that ends when there are so many slots} If it fails, there are as many as before. */
    CompletableFuture<Void> to(int slots) {
        int present = members.channels().size();
        return slots >= present ? grow(present, slots) : shrink(slots);
    }

    /** New channels get something when all are there. */
    private CompletableFuture<Void> grow(int from, int to) {
        CompletableFuture<Void> growing = CompletableFuture.completedFuture(null);
        for (int slot = from; slot < to; slot++) {
            int next = slot;
            growing = growing.thenCompose(
                    before -> members.openSlot(next, members.opener().loops().get(next)));
        }
        return growing.thenRun(() -> steer(to))
                .handle((grown, failure) -> failure == null
                        ? CompletableFuture.<Void>completedFuture(null)
                        : GroupMembers.<Void>closedAfter(retire(from), failure))
                .thenCompose(result -> result);
    }

    private CompletableFuture<Void> shrink(int to) {
        steer(to);
        return retire(to);
    }

    private void steer(int slots) {
        members.steer(members.function().steering().toSlots(slots));
    }

    /** Closes the channels of the last slots, to which nothing is steered, one after the other. */
    private CompletableFuture<Void> retire(int to) {
        CompletableFuture<Void> retiring = CompletableFuture.completedFuture(null);
        for (int slot = members.channels().size() - 1; slot >= to; slot--) {
            GroupMembers.Member last = members.remove(slot);
            retiring = retiring.thenCompose(before -> members.retire(last));
        }
        return retiring;
    }
}
