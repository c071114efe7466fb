package io.github.nettybpf.packet;

import io.netty.buffer.AbstractReferenceCountedByteBuf;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.util.internal.EmptyArrays;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.channels.GatheringByteChannel;
import java.nio.channels.ScatteringByteChannel;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of a received frame: a range of memory, which is a ring block or an array. When its reference count is 0,
 * nobody may use it, and {@link FramePool} uses it for another frame.
 */
final class FrameContent extends AbstractReferenceCountedByteBuf {
    private static final ByteBuffer NO_MEMORY = ByteBuffer.wrap(EmptyArrays.EMPTY_BYTES);

    private final FramePool pool;
    private final PacketFrame frame;
    private final int shortest;
    private final int longest;

    /** In network byte order. */
    private ByteBuffer memory;

    /** Where the frame begins in the memory. */
    private int start;

    private int length;

    /** The ring block that the memory is, or null if it is an array. */
    private @Nullable HeldBlock block;

    /**
     * Creates a buffer with a reference count of 0.
     *
     * @param shortest the length of the shortest frame that is copied to it
     * @param longest the length of its array, or 0 if its memory will be ring blocks
     */
    FrameContent(FramePool pool, PacketAddress local, int shortest, int longest) {
        super(longest);
        this.pool = pool;
        this.frame = PacketFrame.toReceive(this, local);
        this.shortest = shortest;
        this.longest = longest;
        this.memory = longest == 0 ? NO_MEMORY : ByteBuffer.allocate(longest);
        setRefCnt(0);
    }

    /** {@return whether a frame of this length is to be copied to the array} */
    boolean isFor(int frameLength) {
        return frameLength >= shortest && frameLength <= longest;
    }

    /** {@return the frame that has this content} */
    PacketFrame frame() {
        return frame;
    }

    /** Becomes a copy, in the array, of a frame that it {@link #isFor}. */
    void copy(ByteBuffer source, int from, int frameLength) {
        source.get(from, memory.array(), 0, frameLength);
        begin(0, frameLength);
    }

    /**
     * Becomes a range of a ring block.
     *
     * @param bytes the block's memory, in network byte order
     */
    void slice(HeldBlock of, ByteBuffer bytes, int from, int frameLength) {
        // A store of a reference into an old object costs a memory barrier.
        if (block != of) {
            block = of;
            memory = bytes;
        }
        begin(from, frameLength);
    }

    private void begin(int from, int frameLength) {
        start = from;
        length = frameLength;
        maxCapacity(frameLength);
        resetRefCnt();
        setIndex(0, 0).markReaderIndex().markWriterIndex().writerIndex(frameLength);
    }

    /**
     * Releases without an atomic operation where that is possible: a thread that has the only reference has no
     * competitor. Only the reading thread does so, and others use the atomic operation: of two threads that release the
     * same reference, by mistake, one notices.
     */
    @Override
    public boolean release() {
        if (!pool.isReader() || refCnt() != 1) {
            return release(1);
        }
        HeldBlock of = block;
        setRefCnt(0);
        if (of != null) {
            of.frameReleased();
        }
        return true;
    }

    @Override
    public boolean release(int decrement) {
        // Read now: when the count is 0, this may be another frame.
        HeldBlock of = block;
        boolean freed = super.release(decrement);
        if (freed && of != null) {
            of.frameReleased();
        }
        return freed;
    }

    /** Does nothing: this may be another frame by now. */
    @Override
    protected void deallocate() {}

    @Override
    public int capacity() {
        return length;
    }

    @Override
    public ByteBuf capacity(int newCapacity) {
        checkNewCapacity(newCapacity);
        length = newCapacity;
        trimIndicesToCapacity(newCapacity);
        return this;
    }

    @Override
    public ByteBufAllocator alloc() {
        return UnpooledByteBufAllocator.DEFAULT;
    }

    @Override
    @SuppressWarnings("deprecation") // The superclass requires it.
    public ByteOrder order() {
        return ByteOrder.BIG_ENDIAN;
    }

    @Override
    public @Nullable ByteBuf unwrap() {
        return null;
    }

    @Override
    public boolean isDirect() {
        return memory.isDirect();
    }

    @Override
    public boolean isContiguous() {
        return true;
    }

    @Override
    public boolean hasArray() {
        return memory.hasArray();
    }

    @Override
    public byte[] array() {
        ensureAccessible();
        return memory.array();
    }

    @Override
    public int arrayOffset() {
        return memory.arrayOffset() + start;
    }

    @Override
    public boolean hasMemoryAddress() {
        return false;
    }

    @Override
    public long memoryAddress() {
        throw new UnsupportedOperationException();
    }

    @Override
    protected byte _getByte(int index) {
        return memory.get(start + index);
    }

    @Override
    protected short _getShort(int index) {
        return memory.getShort(start + index);
    }

    @Override
    protected short _getShortLE(int index) {
        return Short.reverseBytes(_getShort(index));
    }

    @Override
    protected int _getUnsignedMedium(int index) {
        return (_getByte(index) & 0xff) << 16 | (_getShort(index + 1) & 0xffff);
    }

    @Override
    protected int _getUnsignedMediumLE(int index) {
        return Integer.reverseBytes(_getUnsignedMedium(index)) >>> 8;
    }

    @Override
    protected int _getInt(int index) {
        return memory.getInt(start + index);
    }

    @Override
    protected int _getIntLE(int index) {
        return Integer.reverseBytes(_getInt(index));
    }

    @Override
    protected long _getLong(int index) {
        return memory.getLong(start + index);
    }

    @Override
    protected long _getLongLE(int index) {
        return Long.reverseBytes(_getLong(index));
    }

    @Override
    protected void _setByte(int index, int value) {
        memory.put(start + index, (byte) value);
    }

    @Override
    protected void _setShort(int index, int value) {
        memory.putShort(start + index, (short) value);
    }

    @Override
    protected void _setShortLE(int index, int value) {
        _setShort(index, Short.reverseBytes((short) value));
    }

    @Override
    protected void _setMedium(int index, int value) {
        _setByte(index, value >>> 16);
        _setShort(index + 1, value);
    }

    @Override
    protected void _setMediumLE(int index, int value) {
        _setMedium(index, Integer.reverseBytes(value) >>> 8);
    }

    @Override
    protected void _setInt(int index, int value) {
        memory.putInt(start + index, value);
    }

    @Override
    protected void _setIntLE(int index, int value) {
        _setInt(index, Integer.reverseBytes(value));
    }

    @Override
    protected void _setLong(int index, long value) {
        memory.putLong(start + index, value);
    }

    @Override
    protected void _setLongLE(int index, long value) {
        _setLong(index, Long.reverseBytes(value));
    }

    /** {@return a view of the bytes, whose position and limit are at both ends of the range} */
    private ByteBuffer range(int index, int count) {
        checkIndex(index, count);
        return memory.duplicate().clear().position(start + index).limit(start + index + count);
    }

    @Override
    public ByteBuf getBytes(int index, ByteBuf target, int targetIndex, int count) {
        checkDstIndex(index, count, targetIndex, target.capacity());
        target.setBytes(targetIndex, range(index, count));
        return this;
    }

    @Override
    public ByteBuf getBytes(int index, byte[] target, int targetIndex, int count) {
        checkDstIndex(index, count, targetIndex, target.length);
        memory.get(start + index, target, targetIndex, count);
        return this;
    }

    @Override
    public ByteBuf getBytes(int index, ByteBuffer target) {
        target.put(range(index, target.remaining()));
        return this;
    }

    @Override
    public ByteBuf getBytes(int index, OutputStream target, int count) throws IOException {
        byte[] bytes = new byte[count];
        getBytes(index, bytes, 0, count);
        target.write(bytes);
        return this;
    }

    @Override
    public int getBytes(int index, GatheringByteChannel target, int count) throws IOException {
        return target.write(range(index, count));
    }

    @Override
    public int getBytes(int index, FileChannel target, long position, int count) throws IOException {
        return target.write(range(index, count), position);
    }

    @Override
    public ByteBuf setBytes(int index, ByteBuf source, int sourceIndex, int count) {
        checkSrcIndex(index, count, sourceIndex, source.capacity());
        source.getBytes(sourceIndex, range(index, count));
        return this;
    }

    @Override
    public ByteBuf setBytes(int index, byte[] source, int sourceIndex, int count) {
        checkSrcIndex(index, count, sourceIndex, source.length);
        memory.put(start + index, source, sourceIndex, count);
        return this;
    }

    @Override
    public ByteBuf setBytes(int index, ByteBuffer source) {
        range(index, source.remaining()).put(source);
        return this;
    }

    @Override
    public int setBytes(int index, InputStream source, int count) throws IOException {
        checkIndex(index, count);
        byte[] bytes = new byte[count];
        int read = source.read(bytes);
        if (read > 0) {
            setBytes(index, bytes, 0, read);
        }
        return read;
    }

    @Override
    public int setBytes(int index, ScatteringByteChannel source, int count) throws IOException {
        try {
            return source.read(range(index, count));
        } catch (ClosedChannelException e) {
            return -1;
        }
    }

    @Override
    public int setBytes(int index, FileChannel source, long position, int count) throws IOException {
        try {
            return source.read(range(index, count), position);
        } catch (ClosedChannelException e) {
            return -1;
        }
    }

    @Override
    public ByteBuf copy(int index, int count) {
        checkIndex(index, count);
        ByteBuf copy = isDirect() ? alloc().directBuffer(count) : alloc().heapBuffer(count);
        return copy.writeBytes(this, index, count);
    }

    @Override
    public int nioBufferCount() {
        return 1;
    }

    @Override
    public ByteBuffer nioBuffer(int index, int count) {
        return range(index, count).slice();
    }

    @Override
    public ByteBuffer internalNioBuffer(int index, int count) {
        return range(index, count);
    }

    @Override
    public ByteBuffer[] nioBuffers(int index, int count) {
        return new ByteBuffer[] {nioBuffer(index, count)};
    }
}
