package io.github.nettybpf.examples;

import io.github.nettybpf.core.Program;
import io.github.nettybpf.netty.BpfFilterHandler;
import io.github.nettybpf.packet.PacketFrame;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import java.io.IOException;
import java.net.NetworkInterface;
import java.util.function.Consumer;

/**
 * A DHCP server for one network, with a small pool of addresses whose leases it keeps in memory. Needs CAP_NET_RAW and
 * CAP_NET_BIND_SERVICE, and an interface that has the address. Try: {@code examples/run DhcpServer eth0 192.0.2.1/24
 * 192.0.2.100 192.0.2.199}.
 */
public final class DhcpServer {
    /** Offset 0 is the Ethernet header, 14 bytes long. */
    static final Program CLIENTS_MESSAGES = Program.parse("""
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
            """);

    /** The filter of a socket that exists only so that the kernel does not answer with ICMP port unreachable. */
    private static final Program DROP_ALL = Program.parse("ret #0");

    private DhcpServer() {}

    /** Serves until it is interrupted; for the arguments see {@link DhcpSettings#USAGE}. */
    public static void main(String[] args) throws IOException, InterruptedException {
        DhcpSettings settings = settings(args);
        NetworkInterface network = NetworkInterface.getByName(settings.interfaceName());
        byte[] mac = network == null ? null : network.getHardwareAddress();
        if (mac == null || mac.length != Mac.LENGTH) {
            throw FrameHandler.fail("interface " + Printable.quoted(settings.interfaceName())
                    + " (expected: one with an Ethernet address)");
        }
        reserve(settings);
        DhcpResponder responder = new DhcpResponder(settings, () -> System.nanoTime() / 1_000_000);
        FrameHandler.open(
                        settings.interfaceName(),
                        CLIENTS_MESSAGES,
                        new Serve(settings, Mac.of(mac), responder, System.out::println))
                .closeFuture()
                .sync();
        System.exit(0);
    }

    private static DhcpSettings settings(String[] args) {
        try {
            return DhcpSettings.parse(args);
        } catch (IllegalArgumentException e) {
            throw FrameHandler.fail(e.getMessage());
        }
    }

    /**
     * Binds the server's port. The packet channel receives copies of frames that the kernel's own UDP also handles:
     * without a bound socket, the kernel answers every client that renews its lease with ICMP port unreachable. The
     * socket drops everything that it receives.
     */
    private static void reserve(DhcpSettings settings) throws InterruptedException {
        ChannelFuture bound = new Bootstrap()
                .group(new MultiThreadIoEventLoopGroup(1, Transports.io()))
                .channel(Transports.datagram())
                .handler(new BpfFilterHandler(DROP_ALL))
                .bind(settings.address().toString(), DhcpMessage.SERVER_PORT)
                .await();
        if (!bound.isSuccess()) {
            FrameHandler.fail("port 67 of " + settings.address() + ": "
                    + bound.cause().getMessage()
                    + " (expected: an address of this host, and no other DHCP server)");
        }
    }

    static final class Serve extends FrameHandler {
        private final DhcpSettings settings;
        private final Mac mac;
        private final DhcpResponder responder;

        Serve(DhcpSettings settings, Mac mac, DhcpResponder responder, Consumer<String> out) {
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
            if (headers.from().equals(mac) || !isForUs(headers, broadcast)) {
                return;
            }
            DhcpResponder.Answer answer = responder.answer(DhcpMessage.parse(parsed.payload()), broadcast);
            out.accept(answer.line());
            answer.reply().ifPresent(reply -> send(ctx, reply));
        }

        private boolean isForUs(UdpFrame headers, boolean broadcast) {
            boolean ipIsOurs = !broadcast
                    || headers.destination().equals(Ip4.BROADCAST)
                    || headers.destination().equals(settings.broadcast());
            return ipIsOurs && (headers.to().equals(mac) || headers.to().equals(Mac.BROADCAST));
        }

        private void send(ChannelHandlerContext ctx, DhcpMessage reply) {
            Ip4 destination = reply.destination();
            UdpFrame headers = new UdpFrame(
                    mac,
                    destination.equals(Ip4.BROADCAST) ? Mac.BROADCAST : reply.chaddr(),
                    settings.address(),
                    DhcpMessage.SERVER_PORT,
                    destination,
                    DhcpMessage.CLIENT_PORT);
            ByteBuf payload = reply.encode(ctx.alloc());
            try {
                ctx.writeAndFlush(headers.encode(ctx.alloc(), payload)).addListener((ChannelFuture sent) -> {
                    if (!sent.isSuccess()) {
                        out.accept("not sent: " + sent.cause().getMessage());
                    }
                });
            } finally {
                payload.release();
            }
        }
    }
}
