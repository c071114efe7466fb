package io.github.nettybpf.examples;

import io.github.nettybpf.core.Program;
import io.netty.buffer.ByteBufHolder;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import java.util.function.Consumer;

/**
 * Prints what DHCP clients and servers of a network say to each other. Needs CAP_NET_RAW. Try:
 * {@code examples/run DhcpListener eth0}, and then let a client ask for an address.
 */
public final class DhcpListener {
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

    private DhcpListener() {}

    static final class Watch extends SimpleChannelInboundHandler<ByteBufHolder> {
        private final Consumer<String> out;

        Watch(Consumer<String> out) {
            this.out = out;
        }

        @Override
        protected void channelRead0(ChannelHandlerContext ctx, ByteBufHolder frame) {
            try {
                UdpFrame.Parsed parsed = UdpFrame.parse(frame.content(), true);
                out.accept(DhcpMessage.parse(parsed.payload()).toString());
            } catch (MalformedPacketException e) {
                out.accept("malformed, " + e.getMessage());
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            out.accept(cause.toString());
        }
    }
}
