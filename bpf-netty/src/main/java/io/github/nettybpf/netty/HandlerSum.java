package io.github.nettybpf.netty;

import io.github.nettybpf.netty.observe.PacketCounters;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.function.ToLongFunction;

/**
 * The value of one meter: a figure summed over handlers, each counted once however often it is bound. What a handler
 * has counted stays in a counter when the handler is garbage-collected or closed, so that it never decreases; a gauge
 * has only those that are there. For any thread.
 */
final class HandlerSum {
    /** What identifies a share: filters of a registry can make one meter of several, which have different figures. */
    private record Key(PacketCounters handler, String figure) {}

    private static final class Share {
        final HandlerFigures handler;
        final ToLongFunction<HandlerFigures> figure;

        /** How many binders have bound the handler and not been closed. */
        int binders;

        /** What the handler had counted when the last binder was closed. */
        long atClose;

        Share(HandlerFigures handler, ToLongFunction<HandlerFigures> figure) {
            this.handler = handler;
            this.figure = figure;
        }

        boolean isOpen() {
            return binders > 0;
        }

        long value() {
            return isOpen() ? figure.applyAsLong(handler) : atClose;
        }
    }

    private static final int FEW = 16;

    private final boolean counter;
    private final Map<Key, Share> shares = new HashMap<>();

    /** What the handlers had counted that are gone. */
    private long gone;

    /** At how many shares those are looked for that are gone: so seldom that a new one costs the same among many. */
    private int forgetAt = FEW;

    /**
     * A sum without handlers.
     *
     * @param counter whether it must not decrease
     */
    HandlerSum(boolean counter) {
        this.counter = counter;
    }

    /** {@return the sum} */
    synchronized long total() {
        forgetGone();
        return gone + shares.values().stream().mapToLong(Share::value).sum();
    }

    private void forgetGone() {
        for (Iterator<Share> all = shares.values().iterator(); all.hasNext(); ) {
            Share share = all.next();
            if (share.handler.isGone()) {
                gone += share.value();
                all.remove();
            }
        }
        forgetAt = Math.max(FEW, 2 * shares.size());
    }

    /** Counts the handler, until {@link #close} is called as often as this. One that is gone is not counted again. */
    synchronized void open(HandlerFigures handler, String name, ToLongFunction<HandlerFigures> figure) {
        if (handler.isGone()) {
            return;
        }
        // Not only when it is read: nobody may read it.
        if (shares.size() >= forgetAt) {
            forgetGone();
        }
        shares.computeIfAbsent(new Key(handler.counters(), name), key -> new Share(handler, figure)).binders++;
    }

    /** {@return whether no handler is counted any more, now that one binder of this one is closed} */
    synchronized boolean close(HandlerFigures handler, String name) {
        Key key = new Key(handler.counters(), name);
        Share share = shares.get(key);
        // None if the handler is gone.
        if (share != null) {
            long atClose = share.value();
            share.binders--;
            share.atClose = atClose;
            if (!share.isOpen() && !counter) {
                shares.remove(key);
            }
        }
        return shares.values().stream().noneMatch(other -> other.isOpen() && !other.handler.isGone());
    }
}
