package io.github.nettybpf.examples;

import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** The decisions of a DHCP server (RFC 2131, 4.3), which keeps its leases in a file if it has one. */
final class DhcpResponder {
    /** The reply, if there is one, and a line that says what happened. */
    record Answer(Optional<DhcpMessage> reply, String line) {}

    /** The shortest lease that a client can ask for, unless the server's own are shorter. */
    private static final long SHORTEST_LEASE = 120;

    private final DhcpSettings settings;
    private final DhcpPool pool;
    private final DhcpLeases leases;

    DhcpResponder(DhcpSettings settings, DhcpPool pool, DhcpLeases leases) {
        this.settings = settings;
        this.pool = pool;
        this.leases = leases;
    }

    /**
     * {@return the answer}
     *
     * @param source the IP address that the message came from
     * @param broadcast whether the message was broadcast, and not sent to this server's address
     */
    Answer answer(DhcpMessage message, Ip4 source, boolean broadcast) {
        if (message.op() != DhcpMessage.BOOTREQUEST) {
            return silent(message, "ignored, a server's message");
        }
        if (!message.giaddr().isAny()) {
            return silent(message, "ignored, relays are not supported");
        }
        if (!message.client().isKnown()) {
            return silent(message, "ignored, neither a hardware address nor a client identifier");
        }
        Optional<DhcpType> type = message.type();
        if (type.isEmpty()) {
            return silent(message, "ignored, not DHCP's");
        }
        return switch (type.get()) {
            case DISCOVER -> discover(message);
            case REQUEST -> request(message, broadcast);
            case DECLINE -> decline(message);
            case RELEASE -> release(message);
            case INFORM -> inform(message, message.ciaddr().isAny() ? source : message.ciaddr());
            default -> silent(message, "ignored, not a client's message");
        };
    }

    /** {@return a line for each lease} */
    List<String> leases() {
        return pool.leases().stream().map(leases::described).toList();
    }

    private Answer discover(DhcpMessage message) {
        Optional<Ip4> offered = pool.offer(message.client(), requested(message));
        return offered.map(address -> reply(message, DhcpType.OFFER, address, leaseSeconds(message)))
                .orElseGet(() -> silent(message, "no address is free"));
    }

    private Answer request(DhcpMessage message, boolean broadcast) {
        Optional<Ip4> server = server(message);
        Optional<Ip4> requested = requested(message);
        if (server.isPresent()) {
            return selecting(message, server.get(), requested);
        }
        if (message.ciaddr().isAny()) {
            return requested
                    .map(address -> rebooting(message, address))
                    .orElseGet(() -> silent(message, "ignored, asks for no address"));
        }
        return extending(message, broadcast);
    }

    /** The client chose one of the offers (SELECTING). */
    private Answer selecting(DhcpMessage message, Ip4 server, Optional<Ip4> requested) {
        if (!server.equals(settings.address())) {
            pool.withdraw(message.client());
            return silent(message, "chose server " + server);
        }
        if (requested.isEmpty()) {
            return silent(message, "ignored, asks for no address");
        }
        // An offer of before a restart is not known any more, but holds.
        Ip4 address = requested.get();
        boolean offered = pool.addressOf(message.client()).map(address::equals).orElse(pool.contains(address));
        return offered ? bind(message, address) : nak(message, address + " was not offered");
    }

    /**
     * The client restarts, and remembers an address (INIT-REBOOT). The server is silent to clients that it does not
     * know.
     */
    private Answer rebooting(DhcpMessage message, Ip4 address) {
        if (!settings.isLocal(address)) {
            return nak(message, address + " is of another network");
        }
        Optional<Ip4> known = pool.addressOf(message.client());
        if (known.isEmpty()) {
            return silent(message, "not known here");
        }
        return known.get().equals(address) ? bind(message, address) : nak(message, address + " is not the client's");
    }

    /**
     * The client extends its lease: it asks this server when RENEWING, and broadcasts when REBINDING. A server that was
     * restarted accepts an address of its pool that no other client has.
     */
    private Answer extending(DhcpMessage message, boolean broadcast) {
        Ip4 address = message.ciaddr();
        if (!settings.isLocal(address)) {
            return nak(message, address + " is of another network");
        }
        Optional<Ip4> known = pool.addressOf(message.client());
        if (known.isPresent() && !known.get().equals(address)) {
            return nak(message, address + " is not the client's");
        }
        if (broadcast && !pool.contains(address)) {
            return silent(message, "not known here");
        }
        return bind(message, address);
    }

    private Answer bind(DhcpMessage message, Ip4 address) {
        long seconds = leaseSeconds(message);
        if (!pool.bind(message.client(), address, seconds * 1000)) {
            return nak(message, address + " is not free");
        }
        return save().map(problem -> silent(message, "not answered, " + problem))
                .orElseGet(() -> reply(message, DhcpType.ACK, address, seconds));
    }

    /** {@return why the leases could not be written} */
    private Optional<String> save() {
        try {
            leases.write(pool.leases());
            return Optional.empty();
        } catch (IOException e) {
            return Optional.of("leases not written: " + Printable.quoted(e.toString()));
        }
    }

    private Answer decline(DhcpMessage message) {
        Optional<Ip4> address = requested(message);
        boolean done = isForUs(message) && address.isPresent() && pool.decline(message.client(), address.get());
        return ended(message, done, done ? address.get() + " is in use, kept back" : "");
    }

    private Answer release(DhcpMessage message) {
        boolean done = isForUs(message) && pool.release(message.client(), message.ciaddr());
        return ended(message, done, message.ciaddr() + " is free");
    }

    private Answer ended(DhcpMessage message, boolean done, String line) {
        if (!done) {
            return silent(message, "ignored, not the client's address");
        }
        return silent(message, line + save().map(problem -> "; " + problem).orElse(""));
    }

    /** The client has an address by other means, and asks only for the other settings. */
    private Answer inform(DhcpMessage message, Ip4 address) {
        if (!settings.isLocal(address) || address.equals(settings.broadcast())) {
            return silent(message, "ignored, its address is of another network");
        }
        DhcpOptions options = network(DhcpType.ACK);
        return send(message, address, Ip4.ANY, options, "ACK");
    }

    private Answer reply(DhcpMessage message, DhcpType type, Ip4 address, long seconds) {
        DhcpOptions options = network(type)
                .putInt(DhcpOptions.LEASE_TIME, (int) seconds)
                .putInt(DhcpOptions.RENEWAL_TIME, (int) (seconds / 2))
                .putInt(DhcpOptions.REBINDING_TIME, (int) (seconds * 7 / 8));
        // Only a client that has the address already can be reached at it.
        Ip4 current = type == DhcpType.ACK && message.ciaddr().equals(address) ? address : Ip4.ANY;
        return send(message, current, address, options, type + " " + address + " for " + seconds + " s");
    }

    private Answer nak(DhcpMessage message, String reason) {
        DhcpOptions options = new DhcpOptions()
                .put(DhcpType.NAK)
                .put(DhcpOptions.SERVER_ID, settings.address())
                .put(DhcpOptions.MESSAGE, reason);
        return send(message, Ip4.ANY, Ip4.ANY, options, "NAK, " + reason);
    }

    private DhcpOptions network(DhcpType type) {
        return new DhcpOptions()
                .put(type)
                .put(DhcpOptions.SERVER_ID, settings.address())
                .put(DhcpOptions.SUBNET_MASK, settings.mask())
                .put(DhcpOptions.BROADCAST_ADDRESS, settings.broadcast())
                .put(DhcpOptions.ROUTER, settings.routers())
                .put(DhcpOptions.DNS, settings.dns())
                .put(DhcpOptions.DOMAIN, settings.domain());
    }

    private static Answer send(DhcpMessage message, Ip4 ciaddr, Ip4 yiaddr, DhcpOptions options, String line) {
        // RFC 6842: a reply contains the client identifier; RFC 3046: and what a relay or switch has added.
        message.clientId().ifPresent(id -> options.put(DhcpOptions.CLIENT_ID, id));
        message.options()
                .bytes(DhcpOptions.RELAY_AGENT)
                .ifPresent(information -> options.put(DhcpOptions.RELAY_AGENT, information));
        DhcpMessage reply = new DhcpMessage(
                DhcpMessage.BOOTREPLY,
                message.chaddr(),
                message.xid(),
                message.flags(),
                ciaddr,
                yiaddr,
                Ip4.ANY,
                options);
        return new Answer(Optional.of(reply), message + ": " + line);
    }

    private static Answer silent(DhcpMessage message, String line) {
        return new Answer(Optional.empty(), message + ": " + line);
    }

    private boolean isForUs(DhcpMessage message) {
        return server(message).equals(Optional.of(settings.address()));
    }

    private long leaseSeconds(DhcpMessage message) {
        long longest = settings.leaseSeconds();
        long wanted = message.options().seconds(DhcpOptions.LEASE_TIME).orElse(longest);
        return Math.min(Math.max(SHORTEST_LEASE, wanted), longest);
    }

    private static Optional<Ip4> requested(DhcpMessage message) {
        return message.options().address(DhcpOptions.REQUESTED_ADDRESS);
    }

    private static Optional<Ip4> server(DhcpMessage message) {
        return message.options().address(DhcpOptions.SERVER_ID);
    }
}
