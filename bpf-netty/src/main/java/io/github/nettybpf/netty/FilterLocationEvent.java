package io.github.nettybpf.netty;

import io.github.nettybpf.netty.FilterStats.Location;

/**
 * A user event that a {@link BpfFilterHandler} fires when it is decided, or changes, where its program runs: for example
 * that the kernel has taken over. Handlers after it receive it on the event loop. Immutable.
 */
public final class FilterLocationEvent {
    private final Location location;
    private final String reason;

    FilterLocationEvent(Location location, String reason) {
        this.location = location;
        this.reason = reason;
    }

    /** {@return where the program runs from now on} */
    public Location location() {
        return location;
    }

    /** {@return why it runs there, for people} */
    public String reason() {
        return reason;
    }

    @Override
    public String toString() {
        return "FilterLocationEvent(" + location + ", " + reason + ')';
    }
}
