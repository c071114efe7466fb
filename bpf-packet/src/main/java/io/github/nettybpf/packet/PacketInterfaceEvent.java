package io.github.nettybpf.packet;

/** What happened to the network interface that a {@link PacketChannel} is bound to: a user event in its pipeline. */
public enum PacketInterfaceEvent {
    /** It is down: no frames come, and writes fail, until it is up again. The channel stays open. */
    DOWN,
    /** It is up again: frames come. Noticed within a second. */
    UP,
    /** It is gone, or was moved to another network namespace: the channel closes itself after this event. */
    DELETED
}
