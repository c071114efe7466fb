package io.github.nettybpf.examples;

import io.github.nettybpf.core.Program;
import io.netty.buffer.ByteBufHolder;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import java.util.function.Consumer;

/**
 * Prints the ARP requests and replies of a network, keeps a table of the neighbours, and flags an address that two hardware
 * addresses claim. Needs CAP_NET_RAW. Try: {@code examples/run ArpListener eth0}, and then {@code ping} a neighbour.
 */
public final class ArpListener {
    /** Offset 0 is the Ethernet header, 14 bytes long. */
    static final Program REQUESTS_AND_REPLIES = Program.parse("""
                  ldh [12]
                  jne #0x0806, drop         ; ARP
                  ld [14]
                  jne #0x00010800, drop     ; of IPv4 addresses on Ethernet
                  ldh [20]
                  jeq #1, keep              ; a request
                  jne #2, drop              ; a reply
            keep: ret #42                   ; without the padding
            drop: ret #0
            """);

    private static final int NEIGHBOURS = 4096;

    private ArpListener() {}

    static final class Watch extends SimpleChannelInboundHandler<ByteBufHolder> {
        private final NeighbourTable neighbours = new NeighbourTable(NEIGHBOURS);
        private final Consumer<String> out;

        Watch(Consumer<String> out) {
            this.out = out;
        }

        NeighbourTable neighbours() {
            return neighbours;
        }

        @Override
        protected void channelRead0(ChannelHandlerContext ctx, ByteBufHolder frame) {
            try {
                ArpPacket packet = ArpPacket.parse(frame.content());
                out.accept(packet.toString());
                if (packet.claims()) {
                    neighbours.learn(packet.senderIp(), packet.sender()).ifPresent(out);
                }
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
