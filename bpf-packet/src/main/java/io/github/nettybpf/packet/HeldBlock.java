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
 * A block of a ring that frames are slices of: the kernel has it back when it was read to its end and the last of them was
 * released.
 *
 * <p>Most frames are released at once, by the thread that reads them. As long as it reads the block, it counts such releases
 * in a plain field, and other threads learn of all of them when it leaves the block: a locked instruction for a frame would
 * be a good part of its cost.
 */
final class HeldBlock extends UnpooledDirectByteBuf {
    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(PacketRing.class);

    /** The ring's own references: as many as nobody else's mistake uses up, while the ring still reads. */
    private static final int OWN = 1 << 28;

    private final PacketRing ring;
    private final int block;
    private final int frames;
    private final Thread reader;

    private int handedOut;

    /** Whether the reader's own releases are counted here; for the reader alone, as is what was counted. */
    private boolean counting = true;

    private int released;

    /**
     * A block that the calling thread is going to read.
     *
     * @param block told to the ring when it is released
     * @param frames how many there are in it, at least one
     */
    HeldBlock(PacketRing ring, int block, ByteBuffer memory, int frames) {
        super(UnpooledByteBufAllocator.DEFAULT, memory.duplicate().clear(), memory.capacity());
        this.ring = ring;
        this.block = block;
        this.frames = frames;
        this.reader = Thread.currentThread();
        super.retain(OWN - 1 + frames);
    }

    /** {@return the next frame}, which is to be released once. */
    ByteBuf handOut(int from, int length) {
        ByteBuf frame = slice(from, length);
        handedOut++;
        return frame;
    }

    /** Another thread is going to read the rest. */
    void leaveThread() {
        counting = false;
        letGo(released);
        released = 0;
    }

    /** The ring reads no more of it. */
    void leave() {
        counting = false;
        letGo(OWN + frames - handedOut + released);
    }

    private void letGo(int references) {
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
            return Math.max(0, count - OWN - (frames - handedOut) - released);
        }
        return count < OWN / 2 ? count : Math.max(1, count - OWN);
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
        ring.returned(block);
    }
}
