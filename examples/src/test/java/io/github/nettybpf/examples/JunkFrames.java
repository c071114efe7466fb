package io.github.nettybpf.examples;

import io.github.nettybpf.core.Program;
import io.github.nettybpf.netty.BpfFilterHandler;
import io.github.nettybpf.packet.PacketAddress;
import io.github.nettybpf.packet.PacketChannel;
import io.github.nettybpf.packet.PacketChannelOption;
import io.github.nettybpf.packet.PacketFrame;
import io.github.nettybpf.packet.ReceiveMode;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import java.util.SplittableRandom;

/**
 * Random frames, many of them almost valid ARP or DHCP. Run as a program, it sends them; its arguments are INTERFACE
 * FRAMES.
 */
final class JunkFrames {
    private static final int[] CODES = {0, 1, 12, 12, 50, 51, 52, 52, 53, 53, 54, 55, 56, 61, 82, 255};
    private static final int[] AREAS = {240, 240, 108, 44};
    private static final int BURST = 32;

    private final SplittableRandom random;

    JunkFrames(long seed) {
        random = new SplittableRandom(seed);
    }

    /** Sends junk. A frame that the kernel refuses counts as sent. */
    public static void main(String[] args) throws InterruptedException {
        Channel channel =
                open(args[0], Program.parse("ret #0"), new FrameHandler(event -> System.out.println(event.text())) {
                    @Override
                    void read(ChannelHandlerContext ctx, PacketFrame frame) {
                        throw new AssertionError("a frame came through");
                    }
                });
        JunkFrames junk = new JunkFrames(20261121);
        for (int i = Integer.parseInt(args[1]); i > 0; i--) {
            ByteBuf frame = junk.next();
            if (i % BURST == 0) {
                channel.writeAndFlush(frame).await();
            } else {
                channel.write(frame, channel.voidPromise());
            }
        }
        channel.writeAndFlush(Unpooled.buffer().writeZero(60)).await();
        System.exit(0);
    }

    /** {@return a packet channel of the interface} */
    static Channel open(String interfaceName, Program program, FrameHandler handler) throws InterruptedException {
        Channel channel = new Bootstrap()
                .group(new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory()))
                .channel(PacketChannel.class)
                .option(PacketChannelOption.RECEIVE_MODE, ReceiveMode.READ)
                .handler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel ch) {
                        ch.pipeline().addLast(new BpfFilterHandler(program), handler);
                    }
                })
                .bind(PacketAddress.of(interfaceName))
                .sync()
                .channel();
        System.out.println(interfaceName + ", filtered in KERNEL");
        return channel;
    }

    ByteBuf next() {
        ByteBuf frame =
                switch (random.nextInt(8)) {
                    case 0 -> bytes(random.nextInt(700));
                    case 1, 2 -> arp();
                    default -> dhcp();
                };
        return random.nextBoolean() ? frame : mutated(frame);
    }

    private ByteBuf bytes(int length) {
        ByteBuf bytes = Unpooled.buffer(length);
        for (int i = 0; i < length; i++) {
            bytes.writeByte(random.nextInt());
        }
        return bytes;
    }

    private ByteBuf arp() {
        ByteBuf frame = Unpooled.buffer(60).writeZero(6).writeBytes(bytes(6));
        frame.writeShort(0x0806).writeInt(0x0001_0800).writeShort(0x0604);
        frame.writeShort(1 + random.nextInt(2));
        frame.writeShort(0x0200).writeInt(random.nextInt(4)).writeInt(0x0a00_0000 + random.nextInt(4));
        return frame.writeBytes(bytes(10 + random.nextInt(10)));
    }

    /** {@return a DHCP frame with correct checksums, so that its options are parsed} */
    private ByteBuf dhcp() {
        ByteBuf packet = DhcpMessageTest.packet("300:00");
        if (random.nextInt(4) > 0) {
            packet.setBytes(240, new byte[] {53, 1, (byte) (1 + random.nextInt(8))});
        }
        int client = random.nextInt(6);
        packet.setByte(33, client);
        if (random.nextBoolean()) {
            packet.setInt(12, random.nextBoolean() ? 0x0a00_0000 + random.nextInt(20) : 0);
        }
        for (int area : AREAS) {
            if (random.nextBoolean()) {
                options(packet, area + (area == 240 ? 3 : 0));
            }
        }
        ByteBuf payload = random.nextInt(4) > 0 ? packet : mutated(packet);
        UdpFrame headers =
                new UdpFrame(new Mac(0x0200_0000_0000L + client), Mac.BROADCAST, Ip4.ANY, 68, Ip4.BROADCAST, 67);
        ByteBuf frame = headers.encode(ByteBufAllocator.DEFAULT, payload);
        payload.release();
        return frame;
    }

    private void options(ByteBuf packet, int from) {
        int at = from;
        for (int i = random.nextInt(6); i > 0; i--) {
            int code = CODES[random.nextInt(CODES.length)];
            int length =
                    switch (code) {
                        case 53, 52 -> 1;
                        case 1, 50, 51, 54 -> 4;
                        default -> random.nextInt(20);
                    };
            length = random.nextInt(20) == 0 ? random.nextInt(256) : length;
            ByteBuf value = code == 52 || code == 53 ? Unpooled.buffer().writeByte(random.nextInt(5)) : bytes(length);
            if ((code == 50 || code == 54) && length >= 4) {
                value.setInt(0, 0x0a00_0000 + random.nextInt(16));
            }
            packet.ensureWritable(Math.max(0, at + 2 + value.readableBytes() - packet.writerIndex()));
            packet.writerIndex(Math.max(packet.writerIndex(), at + 2 + value.readableBytes()));
            packet.setByte(at, code).setByte(at + 1, length).setBytes(at + 2, value, 0, value.readableBytes());
            at += 2 + value.readableBytes();
        }
    }

    private ByteBuf mutated(ByteBuf frame) {
        for (int i = 1 + random.nextInt(3); i > 0 && frame.writerIndex() > 0; i--) {
            int at = random.nextInt(frame.writerIndex());
            switch (random.nextInt(5)) {
                case 0 -> frame.setByte(at, random.nextInt());
                case 1 -> frame.setByte(at, frame.getByte(at) ^ 1 << random.nextInt(8));
                case 2 -> frame.setByte(at, 255);
                case 3 -> frame.writerIndex(random.nextInt(8) == 0 ? at : frame.writerIndex());
                default -> frame.writeByte(random.nextInt());
            }
        }
        return frame;
    }
}
