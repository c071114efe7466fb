package io.github.nettybpf.packet;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The frames of a ring, which are used again (an object pool): one whose reference count is 0 is free, whoever released
 * it. So a frame takes no allocation and no atomic operation, and a handler that releases each frame at once gets the
 * same object each time, which is in the CPU's cache.
 *
 * <p>A number of frames of each size is kept. One that is held when its turn comes is replaced, and belongs to its
 * holders alone from then on: frames that are held, or never released, cost what new ones cost. An array is less than
 * twice as long as its frame, or 64 bytes long. All methods are for the reading thread, except where noted.
 */
final class FramePool {
    /** The binary logarithm of the shortest array that is kept. */
    private static final int SHORTEST = 6;

    /** Arrays of 64 to 2,048 bytes are kept. */
    private static final int SIZES = 6;

    /** The frames without an array. */
    private static final int SLICES = SIZES;

    /** How many frames of each size are kept at most. */
    private static final int KEPT = 256;

    private final PacketAddress local;
    private final @Nullable FrameContent[][] kept = new FrameContent[SIZES + 1][KEPT];

    /** Which of its size was used last. */
    private final int[] last = new int[SIZES + 1];

    /** What was used last, of any size. */
    private FrameContent current;

    /**
     * The thread that reads. Another thread may see an old value here, but never itself: so no volatile field is
     * needed.
     */
    private @Nullable Thread reader;

    FramePool(PacketAddress local) {
        this.local = local;
        this.current = new FrameContent(this, local, 0, 0);
    }

    /** The calling thread is the reader from now on. */
    void enterThread() {
        Thread thread = Thread.currentThread();
        if (reader != thread) {
            reader = thread;
        }
    }

    /** The calling thread is not the reader any more. */
    void leaveThread() {
        reader = null;
    }

    /** {@return whether the calling thread is the reader} May be called by any thread. */
    boolean isReader() {
        return Thread.currentThread() == reader;
    }

    /** {@return a content with one reference, which is a copy} */
    FrameContent copy(ByteBuffer source, int from, int length) {
        FrameContent content = current;
        if (content.refCnt() != 0 || !content.isFor(length)) {
            content = otherFor(length);
            current = content;
        }
        content.copy(source, from, length);
        return content;
    }

    /** {@return a content with one reference, which is a range of a ring block} */
    FrameContent slice(HeldBlock block, int from, int length) {
        FrameContent content = current;
        if (content.refCnt() != 0) {
            content = free(SLICES, 0, 0);
            current = content;
        }
        content.slice(block, block.handOut(), from, length);
        return content;
    }

    private FrameContent otherFor(int length) {
        int size = Math.max(0, Integer.SIZE - SHORTEST - Integer.numberOfLeadingZeros(Math.max(length - 1, 0)));
        if (size >= SIZES) {
            return new FrameContent(this, local, length / 2, length);
        }
        int room = 1 << (size + SHORTEST);
        return free(size, size == 0 ? 0 : room / 2 + 1, room);
    }

    private FrameContent free(int size, int shortest, int longest) {
        FrameContent[] ofSize = kept[size];
        int at = last[size];
        FrameContent content = ofSize[at];
        if (content != null && content.refCnt() == 0) {
            return content;
        }
        at = (at + 1) % KEPT;
        last[size] = at;
        content = ofSize[at];
        if (content == null || content.refCnt() != 0) {
            content = new FrameContent(this, local, shortest, longest);
            ofSize[at] = content;
        }
        return content;
    }
}
