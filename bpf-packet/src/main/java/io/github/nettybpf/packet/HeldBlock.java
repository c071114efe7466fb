package io.github.nettybpf.packet;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.buffer.UnpooledDirectByteBuf;
import io.netty.util.IllegalReferenceCountException;
import io.netty.util.internal.ObjectUtil;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import java.nio.ByteBuffer;

/**
 * A ring block that frames are slices of. It goes back to the kernel when it has been read to its end and the last of
 * its frames was released.
 *
 * <p>The reference count is biased towards the reading thread, which releases most frames at once: while it reads the
 * block, it counts its own releases in a plain field, and subtracts them from the shared atomic count when it leaves
 * the block. An atomic operation for each frame would be a large part of the frame's cost.
 */
final class HeldBlock extends UnpooledDirectByteBuf {
    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(PacketRing.class);

    /**
     * The number of references that the ring holds while it reads the block. It is so large that frames which are
     * released too often cannot use them up.
     */
    private static final int RING_REFERENCES = 1 << 28;

    private final PacketRing ring;
    private final int block;
    private final int frames;
    private final Thread reader;

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
        super(UnpooledByteBufAllocator.DEFAULT, memory.duplicate().clear(), memory.capacity());
        this.ring = ring;
        this.block = block;
        this.frames = frames;
        this.reader = Thread.currentThread();
        super.retain(RING_REFERENCES - 1 + frames);
    }

    /** {@return the next frame, which has one reference} */
    ByteBuf handOut(int from, int length) {
        ByteBuf frame = slice(from, length);
        handedOut++;
        return frame;
    }

    /** Ends counting by this thread: another thread reads the rest. */
    void leaveThread() {
        counting = false;
        releaseShared(released);
        released = 0;
    }

    /** Ends reading: the ring gives up its references, and those of frames that it did not hand out. */
    void endReading() {
        counting = false;
        releaseShared(RING_REFERENCES + frames - handedOut + released);
    }

    private void releaseShared(int references) {
        int count = references;
        while (count > 0) {
            try {
                super.release(count);
                return;
            } catch (IllegalReferenceCountException e) {
                LOGGER.warn("a frame of a packet ring was released too often, others of its block went with it", e);
                count = super.refCnt();
            }
        }
    }

    private boolean isCounting() {
        return Thread.currentThread() == reader && counting;
    }

    @Override
    public int refCnt() {
        int count = super.refCnt();
        if (isCounting()) {
            return Math.max(0, count - RING_REFERENCES - (frames - handedOut) - released);
        }
        return count < RING_REFERENCES / 2 ? count : Math.max(1, count - RING_REFERENCES);
    }

    @Override
    public boolean release() {
        return release(1);
    }

    @Override
    public boolean release(int decrement) {
        if (!isCounting()) {
            return super.release(decrement);
        }
        ObjectUtil.checkPositive(decrement, "decrement");
        if (decrement > handedOut - released && decrement > refCnt()) {
            throw new IllegalReferenceCountException(refCnt(), -decrement);
        }
        released += decrement;
        return false;
    }

    @Override
    protected void deallocate() {
        super.deallocate();
        ring.blockReleased(block);
    }
}
