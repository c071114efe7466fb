package io.github.nettybpf.examples;

import io.github.nettybpf.core.Program;
import io.github.nettybpf.packet.PacketFrame;
import io.netty.channel.ChannelHandlerContext;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import picocli.CommandLine.Command;

/**
 * Prints the messages between the DHCP clients and servers of a network. Needs CAP_NET_RAW. Try: {@code examples/run
 * DhcpListener -i eth0}, and then let a client request an address.
 */
@Command(
        name = "DhcpListener",
        sortOptions = false,
        mixinStandardHelpOptions = true,
        description =
                "Prints the messages of DHCP and BOOTP clients and servers, with --new only the first one of each "
                        + "client. Lists the clients, and counters, at the end and on SIGUSR1.")
public final class DhcpListener extends ListeningProgram {
    /** Offset 0 is the Ethernet header, 14 bytes long. */
    static final Program DHCP = Program.parse("""
                  ldh [12]
                  jne #0x0800, drop     ; IPv4
                  ldb [23]
                  jne #17, drop         ; UDP
                  ldh [20]
                  jset #0x3fff, drop    ; no fragments
                  ldxb 4*([14]&0xf)     ; the length of the IP header
                  ldh [x + 16]
                  jeq #67, keep         ; to a server
                  jne #68, drop         ; to a client
            keep: ret #-1
            drop: ret #0
            """);

    private static final int CLIENTS = 4096;

    private DhcpListener() {}

    /** Listens until it is interrupted; {@code --help} describes the arguments. */
    public static void main(String[] args) {
        main(new DhcpListener(), args);
    }

    @Override
    public Integer call() throws InterruptedException, Refusal {
        return listen(DHCP, out -> new Watch(out, onlyNew()));
    }

    static final class Watch extends FrameHandler {
        private record Client(int vlan, Chaddr chaddr) {}

        /** When a message of or to a client was seen last, and its address in the last ACK. */
        private record Seen(Instant time, Ip4 address) {}

        private final Map<Client, Seen> clients = NeighbourTable.mostRecentlyUsed(CLIENTS);
        private final boolean onlyNew;

        /** @param onlyNew whether only the first message of a client is reported */
        Watch(Consumer<Event> out, boolean onlyNew) {
            super(out);
            this.onlyNew = onlyNew;
        }

        @Override
        void read(ChannelHandlerContext ctx, PacketFrame frame) throws MalformedPacketException {
            UdpFrame.Parsed parsed = UdpFrame.parse(frame.content(), !frame.isChecksumNotReady());
            DhcpMessage message = DhcpMessage.parse(parsed.payload());
            Client client = new Client(Event.vlan(frame), message.chaddr());
            Seen before = clients.get(client);
            Ip4 address = (message.is(DhcpType.ACK) && !message.yiaddr().isAny())
                    ? message.yiaddr()
                    : before == null ? Ip4.ANY : before.address;
            clients.put(client, new Seen(Event.time(frame), address));
            if (before == null || !onlyNew) {
                Event event = Event.of("message", message + message.details(), frame);
                message.fields().forEach(event::with);
                out.accept(event);
            }
        }

        @Override
        List<Event> report() {
            return clients.entrySet().stream()
                    .map(entry -> event(entry.getKey(), entry.getValue()))
                    .toList();
        }

        private static Event event(Client client, Seen seen) {
            String text = "client " + client.chaddr + (seen.address.isAny() ? "" : ", address " + seen.address);
            Event event = Event.of(
                            "known",
                            (client.vlan == 0 ? "" : "vlan " + client.vlan + ", ") + text + ", last seen "
                                    + Event.dateAndTime(seen.time))
                    .with("client", client.chaddr)
                    .with("last_seen", seen.time);
            event = seen.address.isAny() ? event : event.with("address", seen.address);
            return client.vlan == 0 ? event : event.with("vlan", client.vlan);
        }
    }
}
