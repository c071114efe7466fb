package io.github.nettybpf.packet;

import io.netty.channel.ChannelException;
import io.netty.channel.ChannelOption;
import io.netty.channel.DefaultChannelConfig;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.unix.IntegerUnixChannelOption;
import io.netty.channel.unix.RawUnixChannelOption;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The configuration of a {@link PacketChannel}; see {@link PacketChannelOption}. Its methods may be called from any
 * thread.
 *
 * <p>A {@link io.netty.channel.RecvByteBufAllocator} determines only the number of messages per read (2048 by default),
 * not their size: the length of a frame is known before its buffer is allocated. It must be a {@link
 * io.netty.channel.MaxMessagesRecvByteBufAllocator}; with any other, the default applies.
 */
public final class PacketChannelConfig extends DefaultChannelConfig {
    private static final int UNUSED_BUFFER = 2048;

    /** The kernel's limit: it counts blocks, and milliseconds, in 16 bits. */
    private static final int MAX_BLOCKS = 1 << 16;

    private static final int MAX_RETIRE_MILLIS = 0xffff;

    /** The stage of the channel's life, which decides the options that can be set. */
    private enum Stage {
        UNBOUND,
        BINDING,
        BOUND,
        CLOSED
    }

    private final PacketSocket socket;

    /** The values of {@link PacketChannelOption}s. FANOUT has none by default. */
    private final Map<ChannelOption<?>, Object> values = new ConcurrentHashMap<>();

    private volatile boolean receiveBufferGiven;

    private Stage stage = Stage.UNBOUND;

    PacketChannelConfig(PacketChannel channel, PacketSocket socket) {
        super(channel, new FixedRecvByteBufAllocator(UNUSED_BUFFER));
        this.socket = socket;
        values.put(PacketChannelOption.RECEIVE_MODE, ReceiveMode.RING);
        values.put(PacketChannelOption.BLOCK_SIZE, 1 << 18);
        values.put(PacketChannelOption.BLOCK_COUNT, 64);
        values.put(PacketChannelOption.RETIRE_MILLIS, 8);
        values.put(PacketChannelOption.PROMISCUOUS, false);
        values.put(PacketChannelOption.OUTGOING, true);
        values.put(PacketChannelOption.PUT_VLAN_BACK, false);
    }

    /**
     * The options that a channel is bound with.
     *
     * @param type the type of socket
     * @param receiveMode RECEIVE_MODE
     * @param blockSize BLOCK_SIZE
     * @param blockCount BLOCK_COUNT
     * @param retireMillis RETIRE_MILLIS
     * @param promiscuous PROMISCUOUS
     * @param outgoing OUTGOING
     * @param putVlanBack PUT_VLAN_BACK
     * @param fanout FANOUT
     * @param receiveBufferGiven whether SO_RCVBUF was set
     */
    record Settings(
            PacketChannel.Type type,
            ReceiveMode receiveMode,
            int blockSize,
            int blockCount,
            int retireMillis,
            boolean promiscuous,
            boolean outgoing,
            boolean putVlanBack,
            @Nullable PacketFanout fanout,
            boolean receiveBufferGiven) {
        long ringBytes() {
            return (long) blockSize * blockCount;
        }
    }

    @Override
    protected void autoReadCleared() {
        ((PacketChannel) channel).autoReadCleared();
    }

    /**
     * {@return the options to bind the channel with} They cannot be changed until {@link #bound} or {@link #notBound}
     * is called.
     */
    synchronized Settings binding() {
        stage = Stage.BINDING;
        return new Settings(
                ((PacketChannel) channel).type(),
                value(PacketChannelOption.RECEIVE_MODE),
                value(PacketChannelOption.BLOCK_SIZE),
                value(PacketChannelOption.BLOCK_COUNT),
                value(PacketChannelOption.RETIRE_MILLIS),
                value(PacketChannelOption.PROMISCUOUS),
                value(PacketChannelOption.OUTGOING),
                value(PacketChannelOption.PUT_VLAN_BACK),
                (PacketFanout) values.get(PacketChannelOption.FANOUT),
                receiveBufferGiven);
    }

    synchronized void bound() {
        if (stage == Stage.BINDING) {
            stage = Stage.BOUND;
        }
    }

    synchronized void notBound() {
        if (stage == Stage.BINDING) {
            stage = Stage.UNBOUND;
        }
    }

    synchronized void closed() {
        stage = Stage.CLOSED;
    }

    @SuppressWarnings("unchecked") // An option has values of its type only.
    private <T> T value(ChannelOption<T> option) {
        return (T) Objects.requireNonNull(values.get(option), option.name());
    }

    @Override
    public Map<ChannelOption<?>, Object> getOptions() {
        Map<ChannelOption<?>, Object> options = new HashMap<>(super.getOptions());
        options.putAll(values);
        return options;
    }

    @Override
    @SuppressWarnings("unchecked") // An option has values of its type only.
    public <T> @Nullable T getOption(ChannelOption<T> option) {
        if (isOwn(option)) {
            return (T) values.get(option);
        }
        try {
            if (option.equals(ChannelOption.SO_RCVBUF)) {
                return (T) (Integer) socket.receiveBufferSize();
            } else if (option.equals(ChannelOption.SO_SNDBUF)) {
                return (T) (Integer) socket.sendBufferSize();
            } else if (option instanceof IntegerUnixChannelOption integer) {
                return (T) (Integer) socket.fd().getIntOpt(integer.level(), integer.optname());
            } else if (option instanceof RawUnixChannelOption raw) {
                ByteBuffer value = ByteBuffer.allocate(raw.length());
                socket.fd().getRawOpt(raw.level(), raw.optname(), value);
                return (T) value.flip();
            }
        } catch (IOException e) {
            throw new ChannelException(e);
        }
        return super.getOption(option);
    }

    @Override
    public <T> boolean setOption(ChannelOption<T> option, @Nullable T value) {
        if (option.equals(PacketChannelOption.FANOUT)) { // null is its default; no other option can be null
            change(option, value);
            return true;
        }
        Objects.requireNonNull(value, "value");
        if (isOwn(option)) {
            change(option, value);
            return true;
        }
        try {
            if (option.equals(ChannelOption.SO_RCVBUF)) {
                socket.fd().setReceiveBufferSize((Integer) value);
                receiveBufferGiven = true;
            } else if (option.equals(ChannelOption.SO_SNDBUF)) {
                socket.fd().setSendBufferSize((Integer) value);
            } else if (option instanceof IntegerUnixChannelOption integer) {
                socket.fd().setIntOpt(integer.level(), integer.optname(), (Integer) value);
            } else if (option instanceof RawUnixChannelOption raw) {
                socket.fd().setRawOpt(raw.level(), raw.optname(), (ByteBuffer) value);
            } else {
                return super.setOption(option, value);
            }
            return true;
        } catch (IOException e) {
            throw new ChannelException(e);
        }
    }

    private boolean isOwn(ChannelOption<?> option) {
        return option.equals(PacketChannelOption.FANOUT) || values.containsKey(option);
    }

    private synchronized void change(ChannelOption<?> option, @Nullable Object value) {
        check(option, value);
        boolean changeableWhenBound =
                option.equals(PacketChannelOption.PROMISCUOUS) || option.equals(PacketChannelOption.OUTGOING);
        switch (stage) {
            case UNBOUND -> {}
            case BINDING ->
                throw new ChannelException(name(option) + ": the channel is being bound (expected: set before"
                        + (changeableWhenBound ? ", or after)" : " that)"));
            case BOUND -> {
                if (!changeableWhenBound) {
                    throw new ChannelException(name(option) + ": the channel is bound (expected: set before that)");
                }
                changeBound(option, (Boolean) Objects.requireNonNull(value));
            }
            case CLOSED -> throw new ChannelException(name(option) + ": the channel is closed");
        }
        if (value == null) {
            values.remove(option);
        } else {
            values.put(option, value);
        }
    }

    private void changeBound(ChannelOption<?> option, boolean value) {
        PacketAddress bound = ((PacketChannel) channel).boundAddress();
        try {
            if (option.equals(PacketChannelOption.OUTGOING)) {
                socket.setOutgoing(value);
            } else if (bound != null && value(PacketChannelOption.PROMISCUOUS) != value) {
                socket.setPromiscuous(bound.interfaceIndex(), value);
            }
        } catch (IOException e) {
            throw new ChannelException(name(option) + ": " + e.getMessage(), e);
        }
    }

    /** {@return the option's name without its class name} */
    private static String name(ChannelOption<?> option) {
        return option.name().substring(option.name().indexOf('#') + 1);
    }

    private static void check(ChannelOption<?> option, @Nullable Object value) {
        String expected = null;
        if (option.equals(PacketChannelOption.BLOCK_SIZE)) {
            expected = value instanceof Integer size && size >= 4096 && size % 4096 == 0 ? null : "a multiple of 4096";
        } else if (option.equals(PacketChannelOption.BLOCK_COUNT)) {
            expected = isWithin(value, 1, MAX_BLOCKS) ? null : "1.." + MAX_BLOCKS;
        } else if (option.equals(PacketChannelOption.RETIRE_MILLIS)) {
            expected = isWithin(value, 1, MAX_RETIRE_MILLIS) ? null : "1.." + MAX_RETIRE_MILLIS;
        }
        if (expected != null) {
            throw new IllegalArgumentException(name(option) + " " + value + " (expected: " + expected + ")");
        }
    }

    private static boolean isWithin(@Nullable Object value, int least, int most) {
        return value instanceof Integer number && number >= least && number <= most;
    }
}
