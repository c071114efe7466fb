package io.github.nettybpf.netty;

import io.github.nettybpf.core.Packet;
import io.netty.buffer.ByteBuf;

/**
 * Shows the messages of a {@link FilteredChannel} to a program as the channel's socket shows them to its filter. One
 * view is used for message after message, by the event loop alone; it neither retains nor releases them.
 */
public interface PacketView extends Packet {
    /**
     * Wraps another message.
     *
     * @param message what the channel received
     * @param content its bytes
     * @return false if this is no message of the channel: it is then judged by its bytes alone
     */
    boolean show(Object message, ByteBuf content);

    /**
     * {@return how many bytes of the content hold the first bytes that the program saw} They differ where the content
     * has bytes that the kernel keeps beside the packet, as a VLAN tag.
     *
     * @param kept how many bytes to keep of what the program saw, 0..{@link #length}
     */
    int contentBytes(int kept);

    /** Drops the references to the message. */
    void clear();
}
