package io.github.nettybpf.examples;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The leases of a pool of addresses. An expired lease stays with its client until another client needs the address:
 * addresses that were never used are given first, then the least recently used one, and at last those that a client
 * found in use, the oldest one first. Times are in milliseconds.
 */
final class DhcpPool {
    /** How long an offered address is reserved for its request. */
    static final long OFFER_MILLIS = 30_000;

    /** How long an address that a client found in use is not offered, if there is another one. */
    static final long QUARANTINE_MILLIS = 600_000;

    private enum State {
        FREE,
        OFFERED,
        BOUND,
        QUARANTINED
    }

    /**
     * What a client got, and keeps beyond its end until another client needs the address.
     *
     * @param until the time of the pool's clock at which it ends
     */
    record Lease(Ip4 address, DhcpClient client, long until) {}

    private static final class Slot {
        final Ip4 address;
        State state = State.FREE;

        @Nullable
        DhcpClient client;

        /** Who found the address in use, if the state is QUARANTINED. */
        @Nullable
        DhcpClient decliner;

        long until;
        long lastUsed = Long.MIN_VALUE;

        Slot(Ip4 address) {
            this.address = address;
        }

        boolean isAvailable(long now) {
            return state == State.FREE || now >= until;
        }

        /** Gives the address to the client, whose identifier is kept if a later message lacks it. */
        void give(DhcpClient to, State as, long end) {
            client = (client != null && to.is(client)) ? to.with(client) : to;
            state = as;
            until = end;
        }
    }

    private final Map<Ip4, Slot> slots = new TreeMap<>();
    private final LongSupplier clock;

    /**
     * @param range the addresses
     * @param clock the monotonic time in milliseconds
     */
    DhcpPool(DhcpSettings.Range range, LongSupplier clock) {
        this.clock = clock;
        for (int i = 0; i <= range.last().bits() - range.first().bits(); i++) {
            Ip4 address = new Ip4(range.first().bits() + i);
            slots.put(address, new Slot(address));
        }
    }

    boolean contains(Ip4 address) {
        return slots.containsKey(address);
    }

    /** {@return the leases, also those that are over, by address} */
    List<Lease> leases() {
        return slots.values().stream()
                .filter(slot -> slot.state == State.BOUND && slot.client != null)
                .map(slot -> new Lease(slot.address, slot.client, slot.until))
                .toList();
    }

    /** Takes over leases of an earlier run, of which those that are not of this pool are forgotten. */
    void restore(Collection<Lease> leases) {
        for (Lease lease : leases) {
            Slot slot = slots.get(lease.address());
            if (slot != null) {
                slot.give(lease.client(), State.BOUND, lease.until());
                slot.lastUsed = slot.until;
            }
        }
    }

    private @Nullable Slot slotOf(DhcpClient client) {
        Slot found = null;
        for (Slot slot : slots.values()) {
            if (slot.client != null && client.is(slot.client)) {
                if (client.id().equals(slot.client.id())) {
                    return slot;
                }
                found = found == null ? slot : found;
            }
        }
        return found;
    }

    /** {@return the address that the client has or had last} */
    Optional<Ip4> addressOf(DhcpClient client) {
        return Optional.ofNullable(slotOf(client)).map(slot -> slot.address);
    }

    /**
     * {@return an address that is reserved for the client: the one that it has or had last, or else the wanted one, or
     * else any; or empty if all are taken}
     */
    Optional<Ip4> offer(DhcpClient client, Optional<Ip4> wanted) {
        long now = clock.getAsLong();
        Slot slot = slotOf(client);
        if (slot == null) {
            slot = wanted.map(slots::get).filter(it -> it.isAvailable(now)).orElseGet(() -> leastRecentlyUsed(now));
        }
        if (slot == null) {
            return Optional.empty();
        }
        if (slot.state != State.BOUND || slot.isAvailable(now)) {
            slot.give(client, State.OFFERED, now + OFFER_MILLIS);
        }
        return Optional.of(slot.address);
    }

    private @Nullable Slot leastRecentlyUsed(long now) {
        return slots.values().stream()
                .filter(slot -> slot.isAvailable(now) || slot.state == State.QUARANTINED)
                .min(Comparator.<Slot, Boolean>comparing(slot -> !slot.isAvailable(now))
                        .thenComparing(slot -> slot.lastUsed))
                .orElse(null);
    }

    /** {@return whether the client now has the address} It must be the client's own, or free. */
    boolean bind(DhcpClient client, Ip4 address, long millis) {
        long now = clock.getAsLong();
        Slot slot = slots.get(address);
        if (slot == null || !(isOf(client, slot) || slot.isAvailable(now))) {
            return false;
        }
        slot.give(client, State.BOUND, now + millis);
        slot.lastUsed = slot.until;
        return true;
    }

    private static boolean isOf(DhcpClient client, Slot slot) {
        return slot.client != null && client.is(slot.client);
    }

    /** Withdraws an offer that the client did not accept. */
    void withdraw(DhcpClient client) {
        Slot slot = slotOf(client);
        if (slot != null && slot.state == State.OFFERED) {
            slot.state = State.FREE;
        }
    }

    /**
     * {@return whether the client had the lease} The address is free then, and is still the first one to be offered to
     * that client.
     */
    boolean release(DhcpClient client, Ip4 address) {
        Slot slot = slots.get(address);
        if (slot == null || slot.state != State.BOUND || !isOf(client, slot)) {
            return false;
        }
        slot.state = State.FREE;
        slot.lastUsed = clock.getAsLong();
        return true;
    }

    /**
     * {@return whether the client had the lease} The address is not offered for a while then. An address that was only
     * offered is not taken from the pool, because that costs a hostile client nothing; and of several that a client
     * declines, only the last one is kept back.
     */
    boolean decline(DhcpClient client, Ip4 address) {
        Slot slot = slots.get(address);
        if (slot == null || !release(client, address)) {
            return false;
        }
        for (Slot other : slots.values()) {
            if (other.state == State.QUARANTINED && other.decliner != null && client.is(other.decliner)) {
                other.state = State.FREE;
            }
        }
        slot.client = null;
        slot.decliner = client;
        slot.state = State.QUARANTINED;
        slot.until = clock.getAsLong() + QUARANTINE_MILLIS;
        slot.lastUsed = slot.until;
        return true;
    }
}
