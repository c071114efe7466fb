package io.github.nettybpf.examples;

import io.github.nettybpf.core.Program;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufHolder;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import java.util.function.Consumer;

/**
 * A DHCP server for one network, with a small pool that it keeps in memory. Needs CAP_NET_RAW, and an interface that has the
 * address. Try: {@code examples/run DhcpServer eth0 192.0.2.1/24 192.0.2.100 192.0.2.199}.
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

    private DhcpServer() {}

    static final class Serve extends SimpleChannelInboundHandler<ByteBufHolder> {
        private final DhcpSettings settings;
        private final Mac mac;
        private final DhcpResponder responder;
        private final Consumer<String> out;

        Serve(DhcpSettings settings, Mac mac, DhcpResponder responder, Consumer<String> out) {
            this.settings = settings;
            this.mac = mac;
            this.responder = responder;
            this.out = out;
        }

        @Override
        protected void channelRead0(ChannelHandlerContext ctx, ByteBufHolder frame) {
            try {
                UdpFrame.Parsed parsed = UdpFrame.parse(frame.content(), true);
                UdpFrame headers = parsed.headers();
                boolean broadcast = !headers.destination().equals(settings.address());
                if (headers.from().equals(mac) || !isForUs(headers, broadcast)) {
                    return;
                }
                DhcpResponder.Answer answer = responder.answer(DhcpMessage.parse(parsed.payload()), broadcast);
                out.accept(answer.line());
                answer.reply().ifPresent(reply -> send(ctx, reply));
            } catch (MalformedPacketException e) {
                out.accept("malformed, " + e.getMessage());
            }
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

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            out.accept(cause.toString());
        }
    }
}
