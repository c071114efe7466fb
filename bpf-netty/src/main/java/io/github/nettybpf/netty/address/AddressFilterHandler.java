package io.github.nettybpf.netty.address;

import io.github.nettybpf.core.address.AddressSet;
import io.github.nettybpf.netty.source.SourceRule;
import io.netty.channel.AddressedEnvelope;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.ReferenceCountUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Passes on only what comes from some source addresses. A source is wanted if it is not in the set that is denied, and
 * in the set that is allowed. A source that is not known, such as that of a unix domain socket, is not wanted.
 *
 * <ul>
 *   <li>Datagrams, and other {@link AddressedEnvelope}s, are judged by their sender, and released if it is not wanted.
 *   <li>In the pipeline of a connection, the channel is closed when it becomes active, or when the handler is added
 *       later, and the handlers after this one do not see it become active.
 *   <li>In the pipeline of a listener ({@code ServerBootstrap.handler}), a connection is closed before it has a pipeline.
 * </ul>
 *
 * <p>Beside a {@code BpfFilterHandler}, add this one after it: the kernel still filters by the program then.
 *
 * <p>Sets can be changed at any time, from any thread. Each datagram and connection is judged by the sets of one moment.
 * Connections that are open stay so. One handler can be in many pipelines; its figures are those of all of them. Judging
 * an IPv4 source allocates nothing; of an IPv6 address, the JDK copies the bytes.
 */
@Sharable
public final class AddressFilterHandler extends ChannelInboundHandlerAdapter {
    private static final AddressSet ALL = AddressSet.of("0.0.0.0/0", "::/0");

    private volatile SourceRule rule;
    private final LongAdder passed = new LongAdder();
    private final LongAdder unwanted = new LongAdder();
    private final LongAdder unknown = new LongAdder();

    private AddressFilterHandler(SourceRule rule) {
        this.rule = rule;
    }

    /** {@return a handler that passes on what comes from all addresses but some} */
    public static AddressFilterHandler denying(AddressSet sources) {
        return new AddressFilterHandler(SourceRule.ALL.denying(sources));
    }

    /** {@return a handler that passes on what comes from some addresses} */
    public static AddressFilterHandler allowing(AddressSet sources) {
        return new AddressFilterHandler(SourceRule.ALL.allowing(sources));
    }

    /** Denies these sources from now on, and no longer those before. */
    public synchronized void denySources(AddressSet sources) {
        rule = rule.denying(sources);
    }

    /** Allows these sources from now on, and no longer those before. */
    public synchronized void allowSources(AddressSet sources) {
        rule = rule.allowing(sources);
    }

    /** {@return the sources that are denied} */
    public AddressSet denied() {
        return rule.denied();
    }

    /** {@return the sources that are allowed, if they are not denied} */
    public AddressSet allowed() {
        AddressSet allowed = rule.allowed();
        return allowed == null ? ALL : allowed;
    }

    /** {@return how many datagrams have passed, and connections that became active} */
    public long passed() {
        return passed.sum();
    }

    /** {@return how many datagrams and connections came from sources that are denied, or not allowed} */
    public long unwanted() {
        return unwanted.sum();
    }

    /** {@return how many datagrams and connections were not passed on because their source is not known} */
    public long unknown() {
        return unknown.sum();
    }

    /** {@return whether what comes from the address is passed on} */
    private boolean admits(@Nullable SocketAddress address) {
        if (refuses(address)) {
            return false;
        }
        passed.increment();
        return true;
    }

    private boolean refuses(@Nullable SocketAddress address) {
        InetAddress source = address instanceof InetSocketAddress socket ? socket.getAddress() : null;
        if (source == null) {
            unknown.increment();
            return true;
        } else if (!rule.wants(source)) {
            unwanted.increment();
            return true;
        }
        return false;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object msg) {
        if (msg instanceof AddressedEnvelope<?, ?> envelope) {
            if (!admits(envelope.sender())) {
                ReferenceCountUtil.release(msg);
                return;
            }
        } else if (msg instanceof Channel accepted && accepted.parent() == ctx.channel()) {
            if (!admits(accepted.remoteAddress())) {
                accepted.unsafe().closeForcibly();
                return;
            }
        }
        ctx.fireChannelRead(msg);
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        if (!isConnection(ctx.channel()) || admits(ctx.channel().remoteAddress())) {
            ctx.fireChannelActive();
        } else {
            ctx.close();
        }
    }

    /** An accepted channel is active already, and told so afterwards, unless it is closed here. */
    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        Channel channel = ctx.channel();
        if (channel.isActive() && isConnection(channel) && refuses(channel.remoteAddress())) {
            ctx.close();
        }
    }

    /** {@return what is denied and allowed, and the figures} */
    @Override
    public String toString() {
        SourceRule current = rule;
        String allowed = current.allowed() == null ? "all" : current.allowed().toString();
        return "AddressFilterHandler(denied " + current.denied() + ", allowed " + allowed + ": " + passed()
                + " passed, " + unwanted() + " unwanted, " + unknown() + " unknown)";
    }

    /** A listener has no remote address, a datagram socket has senders, and an embedded channel has no address. */
    private static boolean isConnection(Channel channel) {
        SocketAddress remote = channel.remoteAddress();
        return remote instanceof InetSocketAddress
                ? !(channel instanceof DatagramChannel)
                : remote != null && channel instanceof DuplexChannel;
    }
}
