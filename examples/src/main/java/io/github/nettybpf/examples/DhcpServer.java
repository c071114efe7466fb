package io.github.nettybpf.examples;

import io.github.nettybpf.core.Program;
import io.github.nettybpf.netty.BpfFilterHandler;
import io.github.nettybpf.netty.Vlan;
import io.github.nettybpf.packet.PacketChannel;
import io.github.nettybpf.packet.PacketFrame;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import java.io.IOException;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * A DHCP server for one network, with a small pool of addresses. Needs CAP_NET_RAW and CAP_NET_BIND_SERVICE, and an
 * interface that has the address. Try: {@code examples/run DhcpServer -i eth0 --address 192.0.2.1/24 --pool
 * 192.0.2.100-192.0.2.199}. It is an example, and leaves out relays, reservations and PXE.
 */
@Command(
        name = "DhcpServer",
        sortOptions = false,
        mixinStandardHelpOptions = true,
        description = {
            "Leases addresses of a pool to the DHCP clients of a network. Takes untagged frames only: for a VLAN, give "
                    + "the name of its own interface. Prints a line per message, and its leases and counters at the end "
                    + "and on SIGUSR1. There are no relays, no reservations and no PXE."
        })
public final class DhcpServer extends FrameProgram {
    /** Offset 0 is the Ethernet header, 14 bytes long. */
    static final Program CLIENTS_MESSAGES = Vlan.untagged().restrict(Program.parse("""
                  ld type
                  jgt #1, drop          ; to this host (PACKET_HOST), or broadcast
                  ldh [12]
                  jne #0x0800, drop     ; IPv4
                  ldb [23]
                  jne #17, drop         ; UDP
                  ldh [20]
                  jset #0x3fff, drop    ; no fragments
                  ldxb 4*([14]&0xf)     ; the length of the IP header
                  ldh [x + 16]
                  jne #67, drop         ; to a server
                  ldb [x + 22]
                  jne #1, drop          ; BOOTREQUEST
                  ld [x + 258]
                  jne #0x63825363, drop ; the cookie before the options
                  ret #-1
            drop: ret #0
            """));

    /** The filter of a socket that exists only so that the kernel does not answer with ICMP port unreachable. */
    private static final Program DROP_ALL = Program.parse("ret #0");

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(
            names = "--address",
            required = true,
            paramLabel = "ADDRESS/PREFIX",
            description = "The server's address, which the interface must have, and the network.")
    private DhcpSettings.@Nullable Network network;

    @Option(
            names = "--pool",
            required = true,
            paramLabel = "FIRST-LAST",
            description = "The addresses to lease, at most 1024.")
    private DhcpSettings.@Nullable Range pool;

    @Option(
            names = "--lease",
            paramLabel = "SECONDS",
            description =
                    "The longest lease, and the usual one (default: ${DEFAULT-VALUE}). Clients can have shorter ones, "
                            + "but none below 120.")
    private int lease = 3600;

    @Option(
            names = "--router",
            paramLabel = "ADDRESS",
            split = ",",
            description = "The routers of the clients (default: none, so that they have no route to other networks).")
    private List<Ip4> routers = List.of();

    @Option(
            names = "--dns",
            paramLabel = "ADDRESS",
            split = ",",
            description = "The DNS servers of the clients (default: none).")
    private List<Ip4> dns = List.of();

    @Option(names = "--domain", paramLabel = "NAME", description = "The domain of the clients (default: none).")
    private String domain = "";

    @Option(
            names = "--leases",
            paramLabel = "FILE",
            description =
                    "Keep leases in this file (default: in memory, so that they are lost with the process). It has all "
                            + "leases when the process is killed; after a loss of power it may be an older one.")
    private @Nullable Path file;

    private DhcpServer() {}

    /** Serves until it is interrupted; {@code --help} describes the arguments. */
    public static void main(String[] args) {
        main(new DhcpServer(), args);
    }

    @Override
    public Integer call() throws IOException, InterruptedException, Refusal {
        DhcpSettings settings = settings();
        checkAddress(settings.network());
        Output out = Output.standard(false);
        LongSupplier clock = () -> System.nanoTime() / 1_000_000;
        DhcpLeases leases = new DhcpLeases(file, clock);
        DhcpPool addresses = new DhcpPool(settings.pool(), clock);
        try {
            addresses.restore(leases.read());
        } catch (IOException e) {
            throw new Refusal("leases: " + e);
        }
        reserve(settings);
        out.accept(Event.of(
                "leases",
                file == null
                        ? "leases are kept in memory only (--leases FILE keeps them)"
                        : addresses.leases().size() + " leases are in " + file));
        DhcpResponder responder = new DhcpResponder(settings, addresses, leases);
        return run(CLIENTS_MESSAGES, new Serve(settings, DhcpServer::mac, responder, out), out);
    }

    private DhcpSettings settings() {
        try {
            return new DhcpSettings(
                    Objects.requireNonNull(network), Objects.requireNonNull(pool), lease, routers, dns, domain);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
        }
    }

    private void checkAddress(DhcpSettings.Network wanted) throws SocketException, Refusal {
        NetworkInterface found = NetworkInterface.getByName(interfaceName());
        byte[] mac = found == null ? null : found.getHardwareAddress();
        if (mac == null || mac.length != Mac.LENGTH) {
            throw new Refusal(
                    "interface " + Printable.quoted(interfaceName()) + " (expected: one with an Ethernet address)");
        }
        List<String> has = found.getInterfaceAddresses().stream()
                .map(each -> each.getAddress().getHostAddress() + "/" + each.getNetworkPrefixLength())
                .toList();
        if (!has.contains(wanted.toString())) {
            throw new Refusal("address " + wanted + " (expected: one of interface " + interfaceName() + ", which has "
                    + String.join(", ", has) + ")");
        }
    }

    /**
     * Binds the server's port. The packet channel receives copies of frames that the kernel's own UDP also handles:
     * without a bound socket, the kernel answers every client that renews its lease with ICMP port unreachable. The
     * socket drops everything that it receives.
     */
    private static void reserve(DhcpSettings settings) throws InterruptedException, Refusal {
        ChannelFuture bound = new Bootstrap()
                .group(new MultiThreadIoEventLoopGroup(1, Transports.io()))
                .channel(Transports.datagram())
                .handler(new BpfFilterHandler(DROP_ALL))
                .bind(settings.address().toString(), DhcpMessage.SERVER_PORT)
                .await();
        if (!bound.isSuccess()) {
            throw new Refusal("port 67 of " + settings.address() + ": "
                    + bound.cause().getMessage() + " (expected: no other DHCP server)");
        }
    }

    /** {@return the present hardware address of the channel's interface, which can change (bonds and bridges)} */
    private static Mac mac(Channel channel) {
        return Mac.of(
                Objects.requireNonNull(((PacketChannel) channel).localAddress()).hardwareAddress());
    }

    static final class Serve extends FrameHandler {
        private final DhcpSettings settings;
        private final Function<Channel, Mac> mac;
        private final DhcpResponder responder;

        Serve(DhcpSettings settings, Function<Channel, Mac> mac, DhcpResponder responder, Consumer<Event> out) {
            super(out);
            this.settings = settings;
            this.mac = mac;
            this.responder = responder;
        }

        @Override
        void read(ChannelHandlerContext ctx, PacketFrame frame) throws MalformedPacketException {
            UdpFrame.Parsed parsed = UdpFrame.parse(frame.content(), !frame.isChecksumNotReady());
            UdpFrame headers = parsed.headers();
            boolean broadcast = !headers.destination().equals(settings.address());
            if (broadcast
                    && !headers.destination().equals(Ip4.BROADCAST)
                    && !headers.destination().equals(settings.broadcast())) {
                return;
            }
            DhcpResponder.Answer answer =
                    responder.answer(DhcpMessage.parse(parsed.payload()), headers.source(), broadcast);
            out.accept(Event.of("message", answer.line()));
            answer.reply().ifPresent(reply -> send(ctx, reply));
        }

        private void send(ChannelHandlerContext ctx, DhcpMessage reply) {
            Ip4 destination = reply.destination();
            Mac to = destination.equals(Ip4.BROADCAST)
                    ? Mac.BROADCAST
                    : reply.chaddr().station().orElse(Mac.BROADCAST);
            UdpFrame headers = new UdpFrame(
                    mac.apply(ctx.channel()),
                    to,
                    settings.address(),
                    DhcpMessage.SERVER_PORT,
                    destination,
                    DhcpMessage.CLIENT_PORT);
            ByteBuf payload = reply.encode(ctx.alloc());
            try {
                ctx.writeAndFlush(headers.encode(ctx.alloc(), payload)).addListener((ChannelFuture sent) -> {
                    if (!sent.isSuccess()) {
                        out.accept(Event.of("error", "not sent: " + sent.cause().getMessage()));
                    }
                });
            } finally {
                payload.release();
            }
        }

        @Override
        List<Event> report() {
            return responder.leases().stream()
                    .map(lease -> Event.of("lease", "lease: " + lease))
                    .toList();
        }
    }
}
