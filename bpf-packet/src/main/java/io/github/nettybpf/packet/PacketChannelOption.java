package io.github.nettybpf.packet;

import io.netty.channel.ChannelOption;

/**
 * Options of a {@link PacketChannel}, beside those that Netty has for any channel and {@link ChannelOption#SO_RCVBUF} and
 * {@link ChannelOption#SO_SNDBUF}. All but {@link #PROMISCUOUS} and {@link #OUTGOING} are to be set before the channel is
 * bound; while a bind is under way, none can be set, and none on a closed channel: setting it throws a
 * {@link io.netty.channel.ChannelException} that says so.
 *
 * <p>There is none for how much of a frame is kept: the verdict of the channel's filter says so.
 */
public final class PacketChannelOption {
    /** How frames are received; {@link ReceiveMode#RING} by default. */
    public static final ChannelOption<ReceiveMode> RECEIVE_MODE =
            ChannelOption.valueOf(PacketChannelOption.class, "RECEIVE_MODE");

    /**
     * Bytes of a block of the ring: a multiple of the page size, at least what the longest frame takes; 1,048,576 by
     * default. The event loop is woken once a block.
     */
    public static final ChannelOption<Integer> BLOCK_SIZE =
            ChannelOption.valueOf(PacketChannelOption.class, "BLOCK_SIZE");

    /**
     * How many blocks the ring has; 16 by default, at most 65,536. As a block is handed over after {@link #RETIRE_MILLIS},
     * however little is in it, their product is how long an event loop can be busy elsewhere before frames of thin traffic
     * are lost.
     */
    public static final ChannelOption<Integer> BLOCK_COUNT =
            ChannelOption.valueOf(PacketChannelOption.class, "BLOCK_COUNT");

    /**
     * After how many milliseconds a block is handed over although it is not full: about half of it is the average time that
     * a frame of thin traffic waits; 32 by default, 1 to 65,535. While frames come, but few, the event loop is woken
     * once in this time.
     */
    public static final ChannelOption<Integer> RETIRE_MILLIS =
            ChannelOption.valueOf(PacketChannelOption.class, "RETIRE_MILLIS");

    /** Whether the interface shows frames to other hosts too, as long as the channel is open; false by default. */
    public static final ChannelOption<Boolean> PROMISCUOUS =
            ChannelOption.valueOf(PacketChannelOption.class, "PROMISCUOUS");

    /**
     * Whether frames that this host sends are received too, as they are only where the address is for all protocols; true
     * by default. Needs Linux 4.20 to be switched off.
     */
    public static final ChannelOption<Boolean> OUTGOING = ChannelOption.valueOf(PacketChannelOption.class, "OUTGOING");

    /**
     * Whether a VLAN tag that the kernel took out of a frame is put back into its bytes; false by default. A filter in the
     * kernel never sees it there; {@link io.github.nettybpf.netty.BpfFilterHandler} judges as the kernel would.
     */
    public static final ChannelOption<Boolean> PUT_VLAN_BACK =
            ChannelOption.valueOf(PacketChannelOption.class, "PUT_VLAN_BACK");

    /** The group of channels that share the interface's frames; none by default, which is null. */
    public static final ChannelOption<PacketFanout> FANOUT = ChannelOption.valueOf(PacketChannelOption.class, "FANOUT");

    private PacketChannelOption() {}
}
