package io.github.nettybpf.examples;

import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The leases of a pool of addresses. An expired lease stays with its client until another client needs the address:
 * addresses that were never used are given first, then the least recently used one. Times are in milliseconds.
 */
final class DhcpPool {
    /** How long an offered address is reserved for its request. */
    static final long OFFER_MILLIS = 30_000;

    /** How long an address that a client found in use is not offered. */
    static final long QUARANTINE_MILLIS = 600_000;

    private enum State {
        FREE,
        OFFERED,
        BOUND,
        QUARANTINED
    }

    private static final class Slot {
        final Ip4 address;
        State state = State.FREE;

        @Nullable
        String client;

        long until;
        long lastUsed = Long.MIN_VALUE;

        Slot(Ip4 address) {
            this.address = address;
        }

        boolean isAvailable(long now) {
            return state == State.FREE || now >= until;
        }
    }

    private final Map<Ip4, Slot> slots = new TreeMap<>();
    private final Map<String, Slot> clients = new HashMap<>();
    private final LongSupplier clock;

    /**
     * @param first the first address
     * @param last the last address, not less than the first
     * @param clock the monotonic time in milliseconds
     */
    DhcpPool(Ip4 first, Ip4 last, LongSupplier clock) {
        this.clock = clock;
        for (int i = 0; i <= last.bits() - first.bits(); i++) {
            Ip4 address = new Ip4(first.bits() + i);
            slots.put(address, new Slot(address));
        }
    }

    boolean contains(Ip4 address) {
        return slots.containsKey(address);
    }

    /** {@return the address that the client has or had last} */
    Optional<Ip4> addressOf(String client) {
        return Optional.ofNullable(clients.get(client)).map(slot -> slot.address);
    }

    /**
     * {@return an address that is reserved for the client: the one that it has or had last, or else the wanted one, or
     * else any; or empty if all are taken}
     */
    Optional<Ip4> offer(String client, Optional<Ip4> wanted) {
        long now = clock.getAsLong();
        Slot slot = clients.get(client);
        if (slot == null) {
            slot = wanted.map(slots::get).filter(it -> it.isAvailable(now)).orElseGet(() -> leastRecentlyUsed(now));
        }
        if (slot == null) {
            return Optional.empty();
        }
        if (slot.state != State.BOUND || slot.isAvailable(now)) {
            give(slot, client, State.OFFERED, now + OFFER_MILLIS);
        }
        return Optional.of(slot.address);
    }

    private @Nullable Slot leastRecentlyUsed(long now) {
        return slots.values().stream()
                .filter(slot -> slot.isAvailable(now))
                .min(Comparator.comparingLong(slot -> slot.lastUsed))
                .orElse(null);
    }

    /** {@return whether the client now has the address} It must be the client's own, or free. */
    boolean bind(String client, Ip4 address, long millis) {
        long now = clock.getAsLong();
        Slot slot = slots.get(address);
        if (slot == null || !(client.equals(slot.client) || slot.isAvailable(now))) {
            return false;
        }
        give(slot, client, State.BOUND, now + millis);
        slot.lastUsed = slot.until;
        return true;
    }

    private void give(Slot slot, String client, State state, long until) {
        if (slot.client != null) {
            clients.remove(slot.client);
        }
        Slot other = clients.put(client, slot);
        if (other != null && other != slot) {
            other.client = null;
            other.state = State.FREE;
        }
        slot.client = client;
        slot.state = state;
        slot.until = until;
    }

    /** Withdraws an offer that the client did not accept. */
    void withdraw(String client) {
        Slot slot = clients.get(client);
        if (slot != null && slot.state == State.OFFERED) {
            slot.state = State.FREE;
        }
    }

    /**
     * {@return whether the client had the address} It is free then, and is still the first one to be offered to that
     * client.
     */
    boolean release(String client, Ip4 address) {
        Slot slot = clients.get(client);
        if (slot == null || !slot.address.equals(address)) {
            return false;
        }
        slot.state = State.FREE;
        slot.lastUsed = clock.getAsLong();
        return true;
    }

    /** {@return whether the client had the address} It is not offered for a while then. */
    boolean decline(String client, Ip4 address) {
        if (!release(client, address)) {
            return false;
        }
        Slot slot = clients.remove(client);
        slot.client = null;
        slot.state = State.QUARANTINED;
        slot.until = clock.getAsLong() + QUARANTINE_MILLIS;
        slot.lastUsed = slot.until;
        return true;
    }
}
