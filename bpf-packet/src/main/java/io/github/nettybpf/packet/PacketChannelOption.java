package io.github.nettybpf.packet;

import io.netty.channel.ChannelOption;

/**
 * Options of a {@link PacketChannel}. It also takes those that Netty has for any channel, {@link
 * ChannelOption#SO_RCVBUF} and {@link ChannelOption#SO_SNDBUF}. {@link #PROMISCUOUS} and {@link #OUTGOING} can be set
 * before and after the bind, all others only before it. While a bind is under way, and on a closed channel, none can be
 * set. Setting an option at the wrong time throws a {@link io.netty.channel.ChannelException} that says so.
 *
 * <p>There is no option for the snapshot length: the verdict of the channel's filter is the number of bytes to keep.
 */
public final class PacketChannelOption {
    /** How frames are received; {@link ReceiveMode#RING} by default. */
    public static final ChannelOption<ReceiveMode> RECEIVE_MODE =
            ChannelOption.valueOf(PacketChannelOption.class, "RECEIVE_MODE");

    /**
     * The size of a ring block in bytes ({@code tp_block_size}): a multiple of the page size, and large enough for the
     * longest frame; 262,144 by default. Each block wakes the event loop once.
     */
    public static final ChannelOption<Integer> BLOCK_SIZE =
            ChannelOption.valueOf(PacketChannelOption.class, "BLOCK_SIZE");

    /**
     * The number of ring blocks ({@code tp_block_nr}); 64 by default, at most 65,536. The kernel hands a block over
     * after {@link #RETIRE_MILLIS} even if it is almost empty. So BLOCK_COUNT times RETIRE_MILLIS is how long an event
     * loop can be busy with other work before frames of thin traffic are lost.
     */
    public static final ChannelOption<Integer> BLOCK_COUNT =
            ChannelOption.valueOf(PacketChannelOption.class, "BLOCK_COUNT");

    /**
     * The retire timeout of a ring block in milliseconds ({@code tp_retire_blk_tov}): the kernel hands a block over
     * after this time even if it is not full; 8 by default, 1 to 65,535. A frame of thin traffic waits half of it on
     * average, and thin traffic wakes the event loop once in this time.
     */
    public static final ChannelOption<Integer> RETIRE_MILLIS =
            ChannelOption.valueOf(PacketChannelOption.class, "RETIRE_MILLIS");

    /**
     * Whether the interface is in promiscuous mode (PACKET_MR_PROMISC) while the channel is open, so that it receives
     * frames to other hosts too; false by default.
     */
    public static final ChannelOption<Boolean> PROMISCUOUS =
            ChannelOption.valueOf(PacketChannelOption.class, "PROMISCUOUS");

    /**
     * Whether frames that this host sends are received too; true by default. Only a channel whose address is for all
     * protocols receives them. Switching it off needs Linux 4.20 (PACKET_IGNORE_OUTGOING).
     */
    public static final ChannelOption<Boolean> OUTGOING = ChannelOption.valueOf(PacketChannelOption.class, "OUTGOING");

    /**
     * Whether a VLAN tag that the kernel or the network card removed from a frame is put back into its bytes; false by
     * default. A filter in the kernel does not see the tag in the bytes, nor does the program of a {@link
     * io.github.nettybpf.netty.BpfFilterHandler} in the pipeline.
     */
    public static final ChannelOption<Boolean> PUT_VLAN_BACK =
            ChannelOption.valueOf(PacketChannelOption.class, "PUT_VLAN_BACK");

    /**
     * The fanout group in which channels share the frames of their interface (PACKET_FANOUT); null, the default, for
     * none.
     */
    public static final ChannelOption<PacketFanout> FANOUT = ChannelOption.valueOf(PacketChannelOption.class, "FANOUT");

    private PacketChannelOption() {}
}
