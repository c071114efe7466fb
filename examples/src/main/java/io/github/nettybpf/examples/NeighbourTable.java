package io.github.nettybpf.examples;

import io.github.nettybpf.packet.PacketFrame;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The hardware addresses that claimed each IPv4 address, in each VLAN. Keeps the most recently used addresses, and a few
 * claimants of each, so that a flood of forged addresses cannot exhaust memory.
 */
final class NeighbourTable {
    private static final int CLAIMANTS = 4;

    /** How long a host takes to probe: PROBE_WAIT, 2 times PROBE_MAX, and ANNOUNCE_WAIT (RFC 5227, 1.1). */
    private static final Duration PROBING = Duration.ofSeconds(1 + 2 * 2 + 2);

    /** An address in a VLAN, or in none if that is 0. */
    private record Place(int vlan, Ip4 address) {
        @Override
        public String toString() {
            return vlan == 0 ? address.toString() : "vlan " + vlan + ", " + address;
        }
    }

    private record Probe(Mac mac, Instant time) {}

    private static final class Neighbour {
        /** The last one claimed the address last. */
        final List<Mac> claimants = new ArrayList<>();

        Instant lastSeen = Instant.EPOCH;
    }

    private final Map<Place, Neighbour> neighbours;
    private final Map<Place, Probe> probes;
    private final Vendors vendors;

    NeighbourTable(int limit, Vendors vendors) {
        this.vendors = vendors;
        neighbours = mostRecentlyUsed(limit);
        probes = mostRecentlyUsed(limit);
    }

    /** {@return a map that forgets the entry that was not used for the longest time} */
    static <K, V> Map<K, V> mostRecentlyUsed(int limit) {
        return new LinkedHashMap<>(16, 0.75f, true) {
            private static final long serialVersionUID = 1;

            @Override
            protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
                return size() > limit;
            }
        };
    }

    /** {@return what is new about this packet, or empty if the same interface claimed the address last} */
    Optional<Event> learn(ArpPacket packet, PacketFrame frame) {
        if (packet.claims()) {
            return claim(packet.senderIp(), packet.sender(), frame);
        }
        return packet.isProbe() ? probe(packet.targetIp(), packet.sender(), frame) : Optional.empty();
    }

    private Optional<Event> claim(Ip4 address, Mac claimant, PacketFrame frame) {
        if (!claimant.isStation() || !address.isHost()) {
            String problem = claimant.isStation() ? "which no host can have" : "which no interface can have";
            return Optional.of(
                    Event.of("invalid", "INVALID: " + address + " is claimed by " + claimant + ", " + problem, frame)
                            .with("address", address)
                            .with("mac", claimant));
        }
        Neighbour neighbour = neighbours.computeIfAbsent(new Place(Event.vlan(frame), address), it -> new Neighbour());
        neighbour.lastSeen = Event.time(frame);
        List<Mac> known = neighbour.claimants;
        Mac last = known.isEmpty() ? claimant : known.get(known.size() - 1);
        if (known.isEmpty()) {
            known.add(claimant);
            return Optional.of(Event.of("neighbour", "neighbour: " + address + " is at " + named(claimant), frame)
                    .with("address", address)
                    .with("mac", claimant)
                    .with("vendor", vendors.of(claimant)));
        }
        if (last.equals(claimant)) {
            return Optional.empty();
        }
        known.remove(claimant);
        known.add(claimant);
        if (known.size() > CLAIMANTS) {
            known.remove(0);
        }
        return Optional.of(conflict(address, "claimed", claimant, last, frame));
    }

    private Optional<Event> probe(Ip4 address, Mac mac, PacketFrame frame) {
        Instant time = Event.time(frame);
        Probe last = probes.put(new Place(Event.vlan(frame), address), new Probe(mac, time));
        boolean conflicts = last != null
                && !last.mac.equals(mac)
                && Duration.between(last.time, time).abs().compareTo(PROBING) <= 0;
        return conflicts ? Optional.of(conflict(address, "probed", mac, last.mac, frame)) : Optional.empty();
    }

    private Event conflict(Ip4 address, String verb, Mac mac, Mac other, PacketFrame frame) {
        return Event.of(
                        "conflict",
                        "CONFLICT: " + address + " is " + verb + " by " + named(mac) + " and by " + named(other),
                        frame)
                .with("address", address)
                .with("mac", mac)
                .with("other", other);
    }

    private String named(Mac mac) {
        return vendors.of(mac).map(name -> mac + " (" + name + ")").orElse(mac.toString());
    }

    /** {@return an event for each neighbour, by VLAN and address} */
    List<Event> neighbours() {
        List<Event> events = new ArrayList<>();
        List<Place> places = new ArrayList<>(neighbours.keySet());
        places.sort(Comparator.comparing(Place::vlan).thenComparing(Place::address));
        for (Place place : places) {
            Neighbour neighbour = neighbours.get(place);
            if (neighbour == null) {
                continue;
            }
            List<Mac> macs = new ArrayList<>(neighbour.claimants);
            Mac last = macs.remove(macs.size() - 1);
            StringBuilder line = new StringBuilder(place + " " + named(last));
            for (int i = macs.size() - 1; i >= 0; i--) {
                line.append(", earlier ").append(macs.get(i));
            }
            line.append(", last seen ").append(Event.dateAndTime(neighbour.lastSeen));
            Event event = Event.of("known", line.toString())
                    .with("address", place.address)
                    .with("mac", last)
                    .with("vendor", vendors.of(last))
                    .with("last_seen", neighbour.lastSeen);
            events.add(place.vlan == 0 ? event : event.with("vlan", place.vlan));
        }
        return events;
    }
}
