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
final class Transports {
    private Transports() {}

    static boolean kernelCanFilter() {
        return Epoll.isAvailable();
    }

    static IoHandlerFactory io() {
        return kernelCanFilter() ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
    }

    static Class<? extends DatagramChannel> datagram() {
        return kernelCanFilter() ? EpollDatagramChannel.class : NioDatagramChannel.class;
    }
}
