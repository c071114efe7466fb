package io.github.nettybpf.examples;

import io.netty.channel.IoHandlerFactory;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.nio.NioDatagramChannel;

/**
 * Netty's epoll transport if it is available, so that the kernel can filter; otherwise NIO, and the pipeline filters.
 */
public final class Transports {
    private Transports() {}

    /** {@return whether the transport is epoll} */
    public static boolean kernelCanFilter() {
        return Epoll.isAvailable();
    }

    /** {@return what an event loop of the transport is made with} */
    public static IoHandlerFactory io() {
        return kernelCanFilter() ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
    }

    /** {@return the transport's datagram channel} */
    public static Class<? extends DatagramChannel> datagram() {
        return kernelCanFilter() ? EpollDatagramChannel.class : NioDatagramChannel.class;
    }
}
