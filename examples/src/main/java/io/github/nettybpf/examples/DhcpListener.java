package io.github.nettybpf.examples;

import io.github.nettybpf.core.Program;
import io.github.nettybpf.packet.PacketFrame;
import io.netty.channel.ChannelHandlerContext;
import java.util.function.Consumer;

/**
 * Prints the messages between the DHCP clients and servers of a network. Needs CAP_NET_RAW. Try: {@code examples/run
 * DhcpListener eth0}, and then let a client request an address.
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

    /** Listens on the named interface until it is interrupted. */
    public static void main(String[] args) throws InterruptedException {
        FrameHandler.open(FrameHandler.onlyArgument("INTERFACE", args), DHCP, new Watch(System.out::println))
                .closeFuture()
                .sync();
        System.exit(0);
    }

    static final class Watch extends FrameHandler {
        Watch(Consumer<String> out) {
            super(out);
        }

        @Override
        void read(ChannelHandlerContext ctx, PacketFrame frame) throws MalformedPacketException {
            UdpFrame.Parsed parsed = UdpFrame.parse(frame.content(), !frame.isChecksumNotReady());
            out.accept(DhcpMessage.parse(parsed.payload()).toString());
        }
    }
}
