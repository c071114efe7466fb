package io.github.nettybpf.examples;

import io.github.nettybpf.core.Program;
import io.github.nettybpf.packet.PacketFrame;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import java.util.function.Consumer;

/**
 * Prints the ARP requests and replies of a network, keeps a table of the neighbours, and flags an address that two
 * hardware addresses claim. Needs CAP_NET_RAW. Try: {@code examples/run ArpListener eth0}, and then {@code ping} a
 * neighbour.
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

    /** Listens on the named interface until it is interrupted, and then prints the table. */
    public static void main(String[] args) throws InterruptedException {
        Watch watch = new Watch(System.out::println);
        Channel channel = FrameHandler.open(FrameHandler.onlyArgument("INTERFACE", args), REQUESTS_AND_REPLIES, watch);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            System.out.println("neighbours:");
            watch.neighbours().lines().forEach(System.out::println);
        }));
        channel.closeFuture().sync();
        System.exit(0);
    }

    static final class Watch extends FrameHandler {
        private final NeighbourTable neighbours = new NeighbourTable(NEIGHBOURS);

        Watch(Consumer<String> out) {
            super(out);
        }

        NeighbourTable neighbours() {
            return neighbours;
        }

        @Override
        void read(ChannelHandlerContext ctx, PacketFrame frame) throws MalformedPacketException {
            ArpPacket packet = ArpPacket.parse(frame.content());
            out.accept(packet.toString());
            if (packet.claims()) {
                neighbours.learn(packet.senderIp(), packet.sender()).ifPresent(out);
            }
        }
    }
}
