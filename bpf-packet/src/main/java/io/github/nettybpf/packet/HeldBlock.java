package io.github.nettybpf.packet;

import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A ring block that frames are slices of. It goes back to the kernel when it has been read to its end and the last of
 * its frames was released.
 *
 * <p>The count of frames is biased towards the reading thread, which releases most of them at once: while it reads the
 * block, it counts its own releases in a plain field, and subtracts them from the shared atomic count when it leaves
 * the block. An atomic operation for each frame would be a large part of the frame's cost.
 */
final class HeldBlock {
    private final PacketRing ring;
    private final int block;
    private final ByteBuffer memory;
    private final int frames;
    private final Thread reader;

    /** One for the ring while it reads the block, and one for each frame. */
    private final AtomicInteger references;

    private int handedOut;

    /** Whether the reader counts its releases in {@link #released}. Both fields are for the reader alone. */
    private boolean counting = true;

    private int released;

    /**
     * Creates a block that the calling thread is going to read.
     *
     * @param block the block's number, which {@link PacketRing#blockReleased} is called with
     * @param frames the number of frames in the block, at least one
     */
    HeldBlock(PacketRing ring, int block, ByteBuffer memory, int frames) {
        this.ring = ring;
        this.block = block;
        this.memory = memory.duplicate();
        this.frames = frames;
        this.reader = Thread.currentThread();
        this.references = new AtomicInteger(1 + frames);
    }

    /** {@return the memory, in network byte order} Another frame is to be released. */
    ByteBuffer handOut() {
        handedOut++;
        return memory;
    }

    /** A frame was released; from any thread. */
    void frameReleased() {
        if (Thread.currentThread() == reader && counting) {
            released++;
        } else {
            subtract(1);
        }
    }

    /** Ends counting by this thread: another thread reads the rest. */
    void leaveThread() {
        counting = false;
        subtract(released);
        released = 0;
    }

    /** Ends reading: the ring gives up its reference, and those of frames that it did not hand out. */
    void endReading() {
        counting = false;
        subtract(1 + frames - handedOut + released);
    }

    private void subtract(int count) {
        if (references.addAndGet(-count) == 0) {
            ring.blockReleased(block);
        }
    }
}
