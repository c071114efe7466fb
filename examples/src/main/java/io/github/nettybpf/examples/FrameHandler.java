package io.github.nettybpf.examples;

import io.github.nettybpf.core.Placement;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.netty.BpfFilterHandler;
import io.github.nettybpf.netty.Offload;
import io.github.nettybpf.packet.PacketAddress;
import io.github.nettybpf.packet.PacketChannel;
import io.github.nettybpf.packet.PacketFrame;
import io.github.nettybpf.packet.PacketInterfaceEvent;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.EpollIoHandler;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The last handler in the pipeline of a packet channel. Malformed frames, interface events and exceptions are lines of
 * its output.
 */
abstract class FrameHandler extends SimpleChannelInboundHandler<PacketFrame> {
    final Consumer<String> out;

    FrameHandler(Consumer<String> out) {
        this.out = out;
    }

    /**
     * Opens a packet channel on the interface, whose frames the kernel filters from the first one on. Ends the JVM if
     * that fails.
     */
    static Channel open(String interfaceName, Program program, FrameHandler handler) throws InterruptedException {
        BpfFilterHandler filter = BpfFilterHandler.builder(program)
                .placement(Placement.ETHERNET)
                .offload(Offload.REQUIRED)
                .build();
        ChannelFuture bound = new Bootstrap()
                .group(new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory()))
                .channel(PacketChannel.class)
                .handler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel ch) {
                        ch.pipeline().addLast(filter, handler);
                    }
                })
                .bind(address(interfaceName))
                .await();
        if (!bound.isSuccess()) {
            fail(bound.cause().getMessage());
        }
        System.out.println(interfaceName + ", filtered in " + filter.stats().location());
        return bound.channel();
    }

    private static PacketAddress address(String interfaceName) {
        try {
            return PacketAddress.of(interfaceName);
        } catch (IllegalArgumentException e) {
            throw fail(e.getMessage());
        }
    }

    /** Ends the JVM with the message and exit code 1. The result only tells the compiler that callers end here. */
    static AssertionError fail(@Nullable String message) {
        System.err.println(message);
        System.exit(1);
        return new AssertionError("not reached");
    }

    /** {@return the only argument} Ends the JVM with a usage error if there is not exactly one. */
    static String onlyArgument(String name, String[] args) {
        if (args.length != 1) {
            throw fail(args.length + " arguments (expected: " + name + ")");
        }
        return args[0];
    }

    /** Handles a frame, which is released afterwards. */
    abstract void read(ChannelHandlerContext ctx, PacketFrame frame) throws MalformedPacketException;

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, PacketFrame frame) {
        try {
            read(ctx, frame);
        } catch (MalformedPacketException e) {
            out.accept("malformed, " + e.getMessage());
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof PacketInterfaceEvent) {
            out.accept("interface " + event);
        }
        ctx.fireUserEventTriggered(event);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        out.accept(cause.toString());
    }
}
