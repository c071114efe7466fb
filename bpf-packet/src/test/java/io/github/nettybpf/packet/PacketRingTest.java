package io.github.nettybpf.packet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.util.IllegalReferenceCountException;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The frames that a ring makes, and when each ring block belongs to the kernel. The test's thread is the reader. */
class PacketRingTest {
    private final ExecutorService other = Executors.newSingleThreadExecutor();

    @AfterEach
    void stop() {
        other.shutdownNow();
    }

    private static PacketFrame next(FakeKernel kernel) {
        PacketFrame frame = kernel.ring.next();
        assertNotNull(frame);
        return frame;
    }

    private static void assertHolds(int value, PacketFrame frame) {
        String expected = String.format("%02x", value).repeat(FakeKernel.FRAME_LENGTH);
        assertEquals(expected, ByteBufUtil.hexDump(frame.content()));
    }

    private void onOtherThread(Runnable task) throws InterruptedException {
        try {
            other.submit(task).get();
        } catch (ExecutionException e) {
            throw new AssertionError(e.getCause());
        }
    }

    /** Closes a ring of which no block is held. */
    private static void close(FakeKernel kernel) {
        AtomicInteger unmapped = new AtomicInteger();
        kernel.ring.close(unmapped::incrementAndGet);
        assertEquals(1, unmapped.get());
    }

    @ParameterizedTest
    @EnumSource(value = ReceiveMode.class, names = "READ", mode = EnumSource.Mode.EXCLUDE)
    void aFrameHasTheMetadataThatTheKernelWrote(ReceiveMode mode) throws Exception {
        FakeKernel kernel = new FakeKernel(mode, 2);
        kernel.fill(0x5a);
        PacketFrame frame = next(kernel);
        assertHolds(0x5a, frame);
        assertEquals(1500, frame.wireLength());
        assertTrue(frame.isTruncated());
        assertEquals(0x80000001L * 1_000_000_000 + 999_999_999, frame.timestampNanos());
        assertTrue(frame.hasVlan());
        assertEquals(0xe005, frame.vlanTci());
        assertEquals(0x88a8, frame.vlanTpid());
        assertEquals(14, frame.networkOffset());
        assertEquals(0x0102035a, frame.interfaceIndex());
        assertEquals(0x88b5, frame.protocol());
        assertEquals(0xfffe, frame.hardwareType());
        assertEquals(4, frame.packetType());
        assertEquals(
                "interface 16909146, ethertype 0x88b5, f1:f2:f3:f4:f5:f6",
                frame.address().toString());
        frame.release();
        close(kernel);
    }

    @Test
    void aFrameToSendNeedsAnAddress() {
        NullPointerException none =
                assertThrows(NullPointerException.class, () -> new PacketFrame(Unpooled.EMPTY_BUFFER, noAddress()));
        assertEquals("address", none.getMessage());
    }

    @SuppressWarnings("NullAway")
    private static PacketAddress noAddress() {
        return null;
    }

    @Test
    void aCopiedBlockGoesBackWithItsLastFrame() throws Exception {
        FakeKernel kernel = new FakeKernel(ReceiveMode.RING, 1);
        kernel.fill(1, 2);
        PacketFrame first = next(kernel);
        assertFalse(kernel.owns(0));
        PacketFrame second = next(kernel);
        assertTrue(kernel.fill(3));
        assertHolds(1, first);
        assertHolds(2, second);
        assertHolds(3, next(kernel));
        close(kernel);
    }

    @ParameterizedTest
    @EnumSource(value = ReceiveMode.class, names = "READ", mode = EnumSource.Mode.EXCLUDE)
    void anEmptyBlockGoesBackAtOnce(ReceiveMode mode) throws Exception {
        FakeKernel kernel = new FakeKernel(mode, 2);
        kernel.fill();
        kernel.fill(1);
        PacketFrame frame = next(kernel);
        assertHolds(1, frame);
        assertTrue(kernel.owns(0));
        frame.release();
        assertTrue(kernel.owns(1));
        close(kernel);
    }

    @Test
    void aSlicedBlockGoesBackWhenItIsReadAndAllIsReleased() throws Exception {
        FakeKernel kernel = new FakeKernel(ReceiveMode.RING_SLICES, 2);
        kernel.fill(1, 2, 3);
        PacketFrame first = next(kernel);
        first.release();
        PacketFrame second = next(kernel);
        onOtherThread(second::release);
        assertFalse(kernel.owns(0), "read to its end");
        PacketFrame third = next(kernel);
        assertFalse(kernel.owns(0), "released");
        assertHolds(3, third);
        onOtherThread(third::release);
        assertTrue(kernel.owns(0));

        kernel.fill(4);
        PacketFrame retained = next(kernel).retain();
        retained.release();
        assertFalse(kernel.owns(1));
        assertHolds(4, retained);
        retained.release();
        assertTrue(kernel.owns(1));
        close(kernel);
    }

    @Test
    void anotherThreadMayReadOn() throws Exception {
        FakeKernel kernel = new FakeKernel(ReceiveMode.RING_SLICES, 2);
        kernel.fill(1, 2, 3, 4);
        PacketFrame first = next(kernel);
        PacketFrame second = next(kernel);
        second.release();
        kernel.ring.leaveThread();
        onOtherThread(() -> {
            PacketFrame third = next(kernel);
            assertHolds(3, third);
            third.release();
            next(kernel).release();
        });
        assertFalse(kernel.owns(0));
        assertHolds(1, first);
        first.release();
        assertTrue(kernel.owns(0));
        kernel.ring.leaveThread();
        close(kernel);
    }

    @Test
    void aRingReadsOnAfterTheBlockItWaitsForIsReleased() throws Exception {
        FakeKernel kernel = new FakeKernel(ReceiveMode.RING_SLICES, 1);
        kernel.fill(1);
        PacketFrame held = next(kernel);
        assertNull(kernel.ring.next());
        assertEquals(0, kernel.wakeups.get());
        onOtherThread(held::release);
        assertEquals(1, kernel.wakeups.get());
        kernel.fill(2);
        next(kernel).release();
        assertEquals(1, kernel.wakeups.get(), "no wakeup without a wait");
        close(kernel);
    }

    @Test
    void aDoubleReleaseThrows() throws Exception {
        FakeKernel kernel = new FakeKernel(ReceiveMode.RING_SLICES, 1);
        kernel.fill(1, 2, 3);
        PacketFrame first = next(kernel);
        assertEquals(1, first.refCnt());
        first.release();
        assertEquals(0, first.refCnt());
        assertThrows(IllegalArgumentException.class, () -> first.release(-1));
        IllegalReferenceCountException twice = assertThrows(IllegalReferenceCountException.class, first::release);
        assertEquals("refCnt: 0, decrement: 1", twice.getMessage());

        PacketFrame second = next(kernel);
        assertThrows(IllegalReferenceCountException.class, () -> second.release(2));
        assertHolds(2, second);
        second.retain().release(2);
        PacketFrame third = next(kernel);
        assertHolds(3, third);
        third.release();
        assertTrue(kernel.owns(0));
        close(kernel);
    }

    @Test
    void aDoubleReleaseByAnotherThreadThrowsAndHarmsNoOtherFrame() throws Exception {
        FakeKernel kernel = new FakeKernel(ReceiveMode.RING_SLICES, 2);
        kernel.fill(1, 2, 3);
        PacketFrame first = next(kernel);
        onOtherThread(() -> assertThrows(IllegalReferenceCountException.class, () -> first.release(2)));
        assertHolds(1, first);
        onOtherThread(() -> {
            assertTrue(first.release());
            assertThrows(IllegalReferenceCountException.class, first::release);
        });
        PacketFrame second = next(kernel);
        PacketFrame third = next(kernel);
        assertHolds(2, second);
        assertFalse(kernel.owns(0));
        second.release();
        assertHolds(3, third);
        assertFalse(kernel.owns(0));
        third.release();
        assertTrue(kernel.owns(0));
        close(kernel);
    }

    @ParameterizedTest
    @EnumSource(value = ReceiveMode.class, names = "READ", mode = EnumSource.Mode.EXCLUDE)
    void aReleasedFrameIsUsedAgainAndAHeldOneIsNot(ReceiveMode mode) throws Exception {
        FakeKernel kernel = new FakeKernel(mode, 2);
        kernel.fill(1, 2, 3, 4, 5);
        PacketFrame first = next(kernel);
        PacketAddress address = first.address();
        first.release();
        PacketFrame second = next(kernel);
        assertSame(first, second);
        assertEquals(FakeKernel.FIRST_INTERFACE + 2, second.address().interfaceIndex());
        assertEquals(FakeKernel.FIRST_INTERFACE + 1, address.interfaceIndex());
        second.content().skipBytes(10).markReaderIndex().writerIndex(20);
        assertTrue(second.isTruncated());
        second.release();
        PacketFrame third = next(kernel);
        third.content().readerIndex(1).resetReaderIndex();
        assertHolds(3, third);

        PacketFrame fourth = next(kernel);
        assertNotSame(third, fourth);
        onOtherThread(third::release);
        fourth.release();
        PacketFrame fifth = next(kernel);
        assertHolds(5, fifth);
        fifth.release();
        assertEquals(0, third.refCnt());
        close(kernel);
    }

    /** Afterwards frames are used again as if none had been held. */
    @ParameterizedTest
    @EnumSource(value = ReceiveMode.class, names = "READ", mode = EnumSource.Mode.EXCLUDE)
    void moreFramesThanAreKeptMayBeHeld(ReceiveMode mode) throws Exception {
        FakeKernel kernel = new FakeKernel(mode, 100);
        List<PacketFrame> held = new ArrayList<>();
        for (int block = 0; block < 100; block++) {
            int first = block * 10;
            assertTrue(kernel.fill(IntStream.range(first, first + 10).toArray()));
            for (int i = 0; i < 10; i++) {
                held.add(next(kernel));
            }
        }
        for (int i = 0; i < held.size(); i++) {
            assertHolds(i & 0xff, held.get(i));
            assertEquals(FakeKernel.FIRST_INTERFACE + (i & 0xff), held.get(i).interfaceIndex());
        }
        held.forEach(PacketFrame::release);
        kernel.fill(1, 2);
        PacketFrame frame = next(kernel);
        frame.release();
        assertSame(frame, next(kernel));
        frame.release();
        close(kernel);
    }

    /**
     * A frame that is released at once allocates nothing. What is left is per ring block: with slices, the object that
     * counts its frames.
     */
    @ParameterizedTest
    @EnumSource(value = ReceiveMode.class, names = "READ", mode = EnumSource.Mode.EXCLUDE)
    void aFrameAllocatesNothing(ReceiveMode mode) throws Exception {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        FakeKernel kernel = new FakeKernel(mode, 1);
        int[] frames = new int[20];
        long inFrames = 0;
        for (int block = 0; block < 200; block++) {
            assertTrue(kernel.fill(frames));
            next(kernel).release();
            long before = threads.getCurrentThreadAllocatedBytes();
            for (int i = 2; i < frames.length; i++) {
                kernel.ring.next().release();
            }
            long allocated = threads.getCurrentThreadAllocatedBytes() - before;
            next(kernel).release();
            if (block >= 100) {
                inFrames += allocated;
            }
        }
        assertEquals(0, inFrames);
        close(kernel);
    }

    @Test
    void heldFramesOutliveTheRing() throws Exception {
        FakeKernel kernel = new FakeKernel(ReceiveMode.RING_SLICES, 3);
        kernel.fill(1, 2, 3);
        PacketFrame first = next(kernel);
        PacketFrame second = next(kernel);
        AtomicInteger gone = new AtomicInteger();
        kernel.ring.close(gone::incrementAndGet);
        assertEquals(1, gone.get());
        first.release();
        assertHolds(2, second);
        onOtherThread(second::release);
        assertEquals(0, second.refCnt());
        assertEquals(1, gone.get());
    }
}
