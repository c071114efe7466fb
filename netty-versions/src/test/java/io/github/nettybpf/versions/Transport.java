package io.github.nettybpf.versions;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.netty.channel.Channel;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollEventLoopGroup;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.nio.NioDatagramChannel;

/** The transports that Netty 4.1 and 4.2 have in common. */
enum Transport {
    EPOLL(EpollDatagramChannel.class),
    NIO(NioDatagramChannel.class);

    final Class<? extends Channel> channel;

    Transport(Class<? extends Channel> channel) {
        this.channel = channel;
    }

    /** A group of one event loop; skips the test where there is none. */
    EventLoopGroup group() {
        if (this == NIO) {
            return new NioEventLoopGroup(1);
        }
        requireEpoll();
        return new EpollEventLoopGroup(1);
    }

    /** Skips the test where Netty's native library cannot be loaded. */
    static void requireEpoll() {
        assumeTrue(Epoll.isAvailable(), () -> "no epoll: " + Epoll.unavailabilityCause());
    }
}
