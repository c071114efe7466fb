package io.github.nettybpf.benchmarks;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.DatagramPacket;
import io.netty.util.ReferenceCountUtil;
import java.util.Optional;
import java.util.function.Predicate;

/** A handler as a Java programmer would write it by hand: it reads the buffer of a message, and drops or passes it. */
final class HandHandler extends ChannelInboundHandlerAdapter {
    private final Predicate<Object> wanted;

    private HandHandler(Predicate<Object> wanted) {
        this.wanted = wanted;
    }

    /** {@return the handler with the verdicts of the workload's program, or empty if nobody wrote one} */
    static Optional<HandHandler> of(Workload workload) {
        return switch (workload) {
            case PORT_22 -> Optional.of(new HandHandler(message -> port22((ByteBuf) message)));
            case DHCP -> Optional.of(new HandHandler(message -> dhcp((DatagramPacket) message)));
            default -> Optional.empty();
        };
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object msg) {
        if (wanted.test(msg)) {
            ctx.fireChannelRead(msg);
        } else {
            ReferenceCountUtil.release(msg);
        }
    }

    private static boolean port22(ByteBuf frame) {
        int start = frame.readerIndex();
        int length = frame.readableBytes();
        if (length < 14) {
            return false;
        }
        int ports;
        switch (frame.getUnsignedShort(start + 12)) {
            case 0x86dd -> {
                if (length < 21 || !ByHand.hasPorts(frame.getByte(start + 20))) {
                    return false;
                }
                ports = 54;
            }
            case 0x800 -> {
                if (length < 24
                        || !ByHand.hasPorts(frame.getByte(start + 23))
                        || (frame.getUnsignedShort(start + 20) & 0x1fff) != 0) {
                    return false;
                }
                ports = 14 + 4 * (frame.getByte(start + 14) & 0xf);
            }
            default -> {
                return false;
            }
        }
        return (length >= ports + 2 && frame.getUnsignedShort(start + ports) == 22)
                || (length >= ports + 4 && frame.getUnsignedShort(start + ports + 2) == 22);
    }

    private static boolean dhcp(DatagramPacket datagram) {
        ByteBuf content = datagram.content();
        int start = content.readerIndex();
        int cookie = Lists.DHCP_COOKIE_AT - Lists.UDP_HEADER;
        return datagram.recipient().getPort() == 67
                && content.readableBytes() >= cookie + 4
                && content.getByte(start) == 1
                && content.getByte(start + 1) == 1
                && content.getByte(start + 2) == 6
                && content.getInt(start + cookie) == Lists.DHCP_COOKIE;
    }
}
