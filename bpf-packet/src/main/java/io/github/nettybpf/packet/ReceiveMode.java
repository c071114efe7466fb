package io.github.nettybpf.packet;

/** How a {@link PacketChannel} receives frames; see {@link PacketChannelOption#RECEIVE_MODE}. */
public enum ReceiveMode {
    /**
     * Through a ring in memory that is shared with the kernel (PACKET_RX_RING, TPACKET_V3); each frame is copied to an
     * array, which is used again when the frame was released. Cheap per frame, and a frame may be held as long as its
     * receiver likes. It waits until its ring block is full or the retire timeout, {@link
     * PacketChannelOption#RETIRE_MILLIS}, is over.
     */
    RING,

    /**
     * Like {@link #RING}, but frames are slices of the shared memory, without a copy. The receiver must release a frame
     * soon: a single frame that is held keeps its whole block from the kernel, and the ring stops when it reaches that
     * block again. A frame stays valid when its channel is closed: closing copies the blocks that are held then.
     */
    RING_SLICES,

    /**
     * By one system call per frame (recvmsg(2)): no frame waits for others, but each costs many times what it costs
     * through a ring.
     */
    READ
}
