package io.github.nettybpf.examples;

import io.github.nettybpf.core.Program;
import io.github.nettybpf.packet.PacketFrame;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import java.util.HexFormat;

/**
 * Announces 10.0.0.9 from three interfaces on v0: with priority 5 and no VLAN, in VLAN 100, and in VLAN 200. With an
 * argument it announces 10.0.0.99 at last, without a tag.
 */
final class ArpFrames {
    private ArpFrames() {}

    /** Sends the frames. */
    public static void main(String[] args) throws InterruptedException {
        Channel channel = JunkFrames.open(
                "v0", Program.parse("ret #0"), new FrameHandler(event -> System.out.println(event.text())) {
                    @Override
                    void read(ChannelHandlerContext ctx, PacketFrame frame) {
                        throw new AssertionError("a frame came through");
                    }
                });
        for (String frame : new String[] {
            announcement("8100a000", "01", "09"),
            announcement("81000064", "02", "09"),
            announcement("810000c8", "03", "09")
        }) {
            channel.writeAndFlush(bytes(frame)).sync();
        }
        if (args.length > 0) {
            channel.writeAndFlush(bytes(announcement("", "04", "63"))).sync();
        }
        System.exit(0);
    }

    private static String announcement(String tag, String mac, String ip) {
        return "ffffffffffff0200000000" + mac + tag + "0806000108000604" + "00010200000000" + mac + "0a0000" + ip
                + "0000000000000a0000" + ip;
    }

    private static ByteBuf bytes(String hex) {
        return Unpooled.wrappedBuffer(HexFormat.of().parseHex(hex));
    }
}
