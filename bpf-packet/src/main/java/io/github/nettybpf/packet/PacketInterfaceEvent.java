package io.github.nettybpf.packet;

/**
 * A change of the network interface that a {@link PacketChannel} is bound to, fired as a user event in its pipeline.
 */
public enum PacketInterfaceEvent {
    /** The interface is down: until it is up again, no frames are received and writes fail. The channel stays open. */
    DOWN,
    /** The interface is up again. The event follows within a second. */
    UP,
    /**
     * The interface has another hardware address, which {@link PacketChannel#localAddress} returns from now on. Bonds and
     * bridges change it with their members. The event follows within a second or two.
     */
    ADDRESS_CHANGED,
    /** The interface was deleted, or moved to another network namespace. The channel closes itself after this event. */
    DELETED
}
