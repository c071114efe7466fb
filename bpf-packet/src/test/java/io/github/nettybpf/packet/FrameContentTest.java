package io.github.nettybpf.packet;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.util.IllegalReferenceCountException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Compares the content of a frame, after random calls, with a buffer of Netty's. */
class FrameContentTest {
    private static final int STEPS = 500;

    /** How many kinds of calls there are. */
    private static final int KINDS = 48;

    @TempDir
    Path folder;

    private final Random random;
    private final long seed = Long.getLong("seed", System.nanoTime());
    private FileChannel file;

    FrameContentTest() {
        random = new Random(seed);
        System.out.println("FrameContentTest: seed " + seed);
    }

    /** A call with the same arguments on both buffers. */
    private interface Call {
        Object on(ByteBuf buffer) throws IOException;
    }

    /**
     * {@return the result, or that there is none} Buffers are results by their bytes. Netty's buffers differ in the
     * exceptions that they throw when an index is out of bounds.
     */
    private static Object result(Call call, ByteBuf buffer) {
        Object result;
        try {
            result = call.on(buffer);
        } catch (IOException | RuntimeException e) {
            return "thrown";
        }
        if (result instanceof ByteBuf bytes) {
            return ByteBufUtil.hexDump(bytes);
        } else if (result instanceof ByteBuffer bytes) {
            return ByteBufUtil.hexDump(Unpooled.wrappedBuffer(bytes)) + " " + bytes.order();
        } else if (result instanceof byte[] bytes) {
            return Arrays.toString(bytes);
        }
        return result;
    }

    /** {@return a call that may be out of bounds} */
    private Call call(int kind, int capacity) {
        int first = random.nextInt(capacity + 2) - 1;
        int count = Math.max(0, random.nextInt(capacity - Math.max(first, 0) + 2) - random.nextInt(2));
        // Some of Netty's check no index if there is nothing to do there.
        int index = count == 0 ? Math.min(Math.max(first, 0), capacity) : first;
        long value = random.nextLong();
        byte[] bytes = new byte[count];
        random.nextBytes(bytes);
        return switch (kind) {
            case 0 -> b -> b.getByte(index);
            case 1 -> b -> b.getShort(index);
            case 2 -> b -> b.getShortLE(index);
            case 3 -> b -> b.getUnsignedMedium(index);
            case 4 -> b -> b.getUnsignedMediumLE(index);
            case 5 -> b -> b.getInt(index);
            case 6 -> b -> b.getIntLE(index);
            case 7 -> b -> b.getLong(index);
            case 8 -> b -> b.getLongLE(index);
            case 9 -> b -> b.setByte(index, (int) value);
            case 10 -> b -> b.setShort(index, (int) value);
            case 11 -> b -> b.setShortLE(index, (int) value);
            case 12 -> b -> b.setMedium(index, (int) value);
            case 13 -> b -> b.setMediumLE(index, (int) value);
            case 14 -> b -> b.setInt(index, (int) value);
            case 15 -> b -> b.setIntLE(index, (int) value);
            case 16 -> b -> b.setLong(index, value);
            case 17 -> b -> b.setLongLE(index, value);
            case 18 ->
                b -> {
                    ByteBuf target = Unpooled.buffer(capacity);
                    b.getBytes(index, target, 0, count);
                    return target.writerIndex(count);
                };
            case 19 ->
                b -> {
                    ByteBuf target = Unpooled.wrappedBuffer(ByteBuffer.allocateDirect(capacity));
                    b.getBytes(index, target, 0, count);
                    return target.writerIndex(count);
                };
            case 20 ->
                b -> {
                    byte[] target = new byte[count];
                    b.getBytes(index, target, 0, count);
                    return target;
                };
            case 21 ->
                b -> {
                    ByteBuffer target = ByteBuffer.allocateDirect(count);
                    b.getBytes(index, target);
                    return target.flip();
                };
            case 22 ->
                b -> {
                    ByteArrayOutputStream target = new ByteArrayOutputStream();
                    b.getBytes(index, target, count);
                    return target.toByteArray();
                };
            case 23 ->
                b -> {
                    file.truncate(0);
                    file.position(0);
                    int written = b.getBytes(index, file, count);
                    return written + Arrays.toString(Files.readAllBytes(folder.resolve("file")));
                };
            case 24 ->
                b -> {
                    file.truncate(0);
                    int written = b.getBytes(index, file, 0, count);
                    return written + Arrays.toString(Files.readAllBytes(folder.resolve("file")));
                };
            case 25 -> b -> b.setBytes(index, Unpooled.wrappedBuffer(bytes), 0, count);
            case 26 ->
                b -> {
                    ByteBuf source = Unpooled.wrappedBuffer(ByteBuffer.allocateDirect(count + 1));
                    return b.setBytes(index, source.setBytes(0, bytes), 0, count);
                };
            case 27 -> b -> b.setBytes(index, bytes, 0, count);
            case 28 -> b -> b.setBytes(index, ByteBuffer.wrap(bytes));
            case 29 -> b -> b.setBytes(index, new ByteArrayInputStream(bytes), count);
            case 30 ->
                b -> {
                    Files.write(folder.resolve("file"), bytes);
                    return b.setBytes(index, file.position(0), count);
                };
            case 31 ->
                b -> {
                    Files.write(folder.resolve("file"), bytes);
                    return b.setBytes(index, file, 0, count);
                };
            case 32 ->
                b -> {
                    ByteBuf copy = b.copy(index, count);
                    String text = ByteBufUtil.hexDump(copy);
                    return text + " " + copy.isDirect() + " " + copy.release();
                };
            case 33 -> b -> b.slice(index, count);
            case 34 -> b -> b.nioBuffer(index, count);
            case 35 -> b -> b.internalNioBuffer(index, count);
            case 36 -> b -> b.nioBuffers(index, count)[0];
            case 37 -> b -> b.readerIndex(index).readerIndex();
            case 38 -> b -> b.writerIndex(index).writerIndex();
            case 39 -> b -> b.readInt();
            case 40 -> b -> b.writeInt((int) value);
            case 41 -> b -> b.writeBytes(bytes);
            case 42 -> b -> b.toString(ISO_8859_1);
            case 43 -> b -> b.indexOf(0, capacity, (byte) value);
            case 44 ->
                b -> {
                    b.retainedDuplicate().release();
                    return b.refCnt();
                };
            case 45 -> b -> b.discardReadBytes();
            case 46 -> b -> b.capacity() + " " + b.maxCapacity() + " " + b.nioBufferCount() + " " + b.isContiguous();
            default -> b -> b.setIndex(0, b.capacity());
        };
    }

    private static byte[] bytes(ByteBuf buffer) {
        byte[] bytes = new byte[buffer.capacity()];
        buffer.getBytes(0, bytes);
        return bytes;
    }

    private void assertAlike(ByteBuf expected, ByteBuf content) {
        for (int step = 0; step < STEPS; step++) {
            int kind = random.nextInt(KINDS);
            Call call = call(kind, expected.capacity());
            String where = "seed " + seed + ", step " + step + ", a call of kind " + kind;
            assertEquals(result(call, expected), result(call, content), where);
            assertEquals(expected.readerIndex(), content.readerIndex(), where);
            assertEquals(expected.writerIndex(), content.writerIndex(), where);
            assertArrayEquals(bytes(expected), bytes(content), where);
        }
    }

    @ParameterizedTest
    @EnumSource(value = ReceiveMode.class, names = "READ", mode = EnumSource.Mode.EXCLUDE)
    void theContentIsABufferLikeNettys(ReceiveMode mode) throws Exception {
        Path path = Files.createFile(folder.resolve("file"));
        try (FileChannel opened = FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            file = opened;
            for (int length : new int[] {1, 7, 8, 9, 15, 16, 60, 64, 65, 255, 257}) {
                byte[] bytes = new byte[length];
                random.nextBytes(bytes);
                ByteBuffer memory = ByteBuffer.allocateDirect(10 + length + 10).order(ByteOrder.nativeOrder());
                memory.put(10, bytes);
                FramePool pool = new FramePool(FakeKernel.LOCAL);
                // Bytes beyond the frame are of an earlier one.
                pool.copy(memory, 0, memory.capacity()).release();
                FakeKernel kernel = new FakeKernel(mode, 1);
                HeldBlock block = new HeldBlock(kernel.ring, 0, memory, 2);
                ByteBuf content =
                        mode == ReceiveMode.RING ? pool.copy(memory, 10, length) : pool.slice(block, 10, length);
                assertEquals(mode == ReceiveMode.RING, content.hasArray());
                assertEquals(mode == ReceiveMode.RING_SLICES, content.isDirect());
                // Slices check all indexes, other unpooled buffers do not.
                ByteBuffer around = content.isDirect()
                        ? ByteBuffer.allocateDirect(memory.capacity())
                        : ByteBuffer.allocate(memory.capacity());
                ByteBuf expected = Unpooled.wrappedBuffer(around.clear()).slice(10, length);
                assertAlike(expected.setBytes(0, bytes), content);
                assertTrue(content.release());
                assertThrows(IllegalReferenceCountException.class, () -> content.getByte(0));
                kernel.ring.close(() -> {});
            }
        }
    }
}
