package io.github.nettybpf.netty.reuseport;

import io.netty.bootstrap.AbstractBootstrap;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.bootstrap.ServerBootstrapConfig;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.util.AttributeKey;
import io.netty.util.concurrent.EventExecutor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;

/** Makes the channels of a group as the user's bootstrap does, but each on an event loop of choice. */
final class ChannelOpener {
    private final AbstractBootstrap<?, ?> bootstrap;
    private final List<EventLoop> loops = new ArrayList<>();

    /**
     * Takes a copy of the bootstrap.
     *
     * @throws IllegalArgumentException if it is no bootstrap of datagram channels or servers, or misses something
     */
    ChannelOpener(AbstractBootstrap<?, ?> bootstrap) {
        if (!(bootstrap instanceof Bootstrap) && !(bootstrap instanceof ServerBootstrap)) {
            throw new IllegalArgumentException(
                    bootstrap.getClass().getName() + " (expected: a Bootstrap or a ServerBootstrap)");
        }
        this.bootstrap = bootstrap.clone().validate();
        EventLoopGroup group = bootstrap.config().group();
        for (EventExecutor executor : group) {
            if (executor instanceof EventLoop loop) {
                loops.add(loop);
            }
        }
    }

    /** {@return the event loops of the bootstrap's group} */
    List<EventLoop> loops() {
        return loops;
    }

    /** Registers a new channel with the user's handlers, which find its slot; it is not bound. */
    CompletableFuture<Channel> register(EventLoop loop, int slot) {
        return register(loop, on(loop).attr(ReusePortGroup.SLOT, slot));
    }

    private static CompletableFuture<Channel> register(EventLoop loop, AbstractBootstrap<?, ?> bootstrap) {
        if (loop.isShuttingDown()) { // and may never tell what becomes of a registration
            return CompletableFuture.failedFuture(
                    new RejectedExecutionException("the event loop is shut down: " + loop));
        }
        ChannelFuture registering = bootstrap.register();
        return Stages.of(registering).thenApply(registered -> registering.channel());
    }

    /** Registers a new channel that reads nothing and has no handlers of the user. */
    CompletableFuture<Channel> registerIdle(EventLoop loop) {
        AbstractBootstrap<?, ?> idle = on(loop);
        idle.handler(new ChannelInboundHandlerAdapter());
        idle.option(ChannelOption.AUTO_READ, false);
        return register(loop, idle);
    }

    private AbstractBootstrap<?, ?> on(EventLoop loop) {
        return bootstrap instanceof ServerBootstrap server
                ? on(loop, server.config())
                : ((Bootstrap) bootstrap).clone(loop);
    }

    /** A server bootstrap cannot be copied for another group. */
    @SuppressWarnings("deprecation") // The type of factory that a bootstrap gives is deprecated, its methods are not.
    private static ServerBootstrap on(EventLoop loop, ServerBootstrapConfig config) {
        ServerBootstrap copy = new ServerBootstrap();
        // Who gives one group for both wants connections to stay on the loop of their listener.
        EventLoopGroup children = config.childGroup();
        copy.group(loop, children == null || children == config.group() ? loop : children);
        copy.channelFactory(config.channelFactory());
        ChannelHandler handler = config.handler();
        if (handler != null) {
            copy.handler(handler);
        }
        copy.childHandler(config.childHandler());
        config.options().forEach((option, value) -> copy.option(unchecked(option), value));
        config.attrs().forEach((key, value) -> copy.attr(unchecked(key), value));
        config.childOptions().forEach((option, value) -> copy.childOption(unchecked(option), value));
        for (Map.Entry<AttributeKey<?>, Object> attribute : config.childAttrs().entrySet()) {
            copy.childAttr(unchecked(attribute.getKey()), attribute.getValue());
        }
        return copy;
    }

    @SuppressWarnings("unchecked") // the option came with this value
    private static ChannelOption<Object> unchecked(ChannelOption<?> option) {
        return (ChannelOption<Object>) option;
    }

    @SuppressWarnings("unchecked") // the key came with this value
    private static AttributeKey<Object> unchecked(AttributeKey<?> key) {
        return (AttributeKey<Object>) key;
    }
}
