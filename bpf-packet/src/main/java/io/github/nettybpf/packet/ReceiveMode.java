package io.github.nettybpf.packet;

/** How a {@link PacketChannel} receives; see {@link PacketChannelOption#RECEIVE_MODE}. */
public enum ReceiveMode {
    /**
     * Through memory that is shared with the kernel, each frame copied out into an array of its own. Cheap per frame; a
     * frame waits until its block is full or {@link PacketChannelOption#RETIRE_MILLIS} are over.
     */
    RING,

    /**
     * As {@link #RING}, but frames are slices of the shared memory, without a copy. Whoever gets one must release it soon:
     * a single frame that is held keeps its whole block from the kernel, and the ring stops there once it comes round.
     * References are counted for the whole block: refCnt() is that of all its frames.
     * A frame stays valid when its channel is closed: blocks that are held then are copied, which is what closing costs.
     */
    RING_SLICES,

    /** By one call a frame: no frame waits for others, but each costs many times what it does through a ring. */
    READ
}
