package io.github.nettybpf.packet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Compares a ring whose frames are held, and released by several threads, with a model of which blocks belong to the
 * kernel.
 */
class PacketRingModelTest {
    private static final ExecutorService ONE = Executors.newSingleThreadExecutor();
    private static final ExecutorService OTHER = Executors.newSingleThreadExecutor();

    @AfterAll
    static void stop() {
        ONE.shutdownNow();
        OTHER.shutdownNow();
    }

    private static <T> T on(ExecutorService thread, Callable<T> task) throws Exception {
        try {
            return thread.submit(task).get(Tap.PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw new AssertionError(e.getCause());
        }
    }

    private static void assertHolds(int value, PacketFrame frame) {
        assertEquals(FakeKernel.FIRST_INTERFACE + value, frame.interfaceIndex());
        ByteBuf content = frame.content();
        assertEquals(FakeKernel.FRAME_LENGTH, content.readableBytes());
        for (int i = 0; i < FakeKernel.FRAME_LENGTH; i++) {
            assertEquals((byte) value, content.getByte(i));
        }
    }

    private record Held(PacketFrame frame, int value, int block) {}

    /** The expected state of a ring of {@link #blocks} blocks, after each step. */
    private static final class Model {
        final Random random;
        final FakeKernel kernel;
        final ReceiveMode mode;
        final int blocks;
        final List<Held> held = new ArrayList<>();

        /** The unread frames of each block that was filled and not read to its end. */
        final Deque<Deque<Integer>> unread = new ArrayDeque<>();

        final int[] outstanding;
        int filling;
        int reading;
        int written;
        ExecutorService reader = ONE;

        Model(Random random) throws Exception {
            this.random = random;
            blocks = 1 + random.nextInt(4);
            mode = random.nextInt(3) == 0 ? ReceiveMode.RING : ReceiveMode.RING_SLICES;
            kernel = new FakeKernel(mode, blocks);
            outstanding = new int[blocks];
        }

        boolean isUnread(int block) {
            return Math.floorMod(block - reading, blocks) < unread.size();
        }

        /** {@return whether frames that are not released keep the block from the kernel} */
        boolean isHeld(int block) {
            return mode == ReceiveMode.RING_SLICES && outstanding[block] != 0;
        }

        void check() {
            for (int i = 0; i < blocks; i++) {
                boolean expected = !isUnread(i) && !isHeld(i);
                assertEquals(expected, kernel.owns(i), "block " + i + " of " + blocks);
            }
        }

        void fill() {
            int[] frames = new int[random.nextInt(8)];
            Deque<Integer> values = new ArrayDeque<>();
            for (int i = 0; i < frames.length; i++) {
                frames[i] = written++ & 0xff;
                values.add(frames[i]);
            }
            boolean free = unread.size() < blocks && !isHeld(filling);
            assertEquals(free, kernel.fill(frames));
            if (free) {
                filling = (filling + 1) % blocks;
                unread.add(values);
            }
        }

        void read() throws Exception {
            PacketFrame frame = on(reader, kernel.ring::next);
            while (!unread.isEmpty() && unread.element().isEmpty()) {
                pass();
            }
            if (unread.isEmpty()) {
                assertEquals(null, frame);
                return;
            }
            assertNotNull(frame);
            int value = unread.element().remove();
            outstanding[reading]++;
            held.add(new Held(frame, value, reading));
            if (unread.element().isEmpty()) {
                pass();
            }
        }

        private void pass() {
            unread.remove();
            reading = (reading + 1) % blocks;
        }

        void release() throws Exception {
            if (held.isEmpty()) {
                return;
            }
            Held chosen = held.remove(random.nextInt(held.size()));
            on(random.nextInt(3) == 0 ? OTHER : ONE, () -> {
                assertHolds(chosen.value, chosen.frame);
                if (random.nextInt(4) == 0) {
                    chosen.frame.retain();
                    chosen.frame.release();
                }
                return chosen.frame.release();
            });
            outstanding[chosen.block]--;
        }

        void changeReader() throws Exception {
            on(reader, () -> {
                kernel.ring.leaveThread();
                return true;
            });
            reader = random.nextBoolean() ? ONE : OTHER;
        }

        void close() throws Exception {
            AtomicInteger gone = new AtomicInteger();
            on(reader, () -> {
                kernel.ring.close(gone::incrementAndGet);
                return true;
            });
            assertEquals(1, gone.get());
            while (!held.isEmpty()) {
                release();
            }
            assertEquals(1, gone.get());
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
    void everyBlockBelongsToWhomTheModelSays(int seed) throws Exception {
        for (int ring = 0; ring < 10; ring++) {
            Model model = new Model(new Random(seed * 1000L + ring));
            for (int step = 0; step < 300; step++) {
                switch (model.random.nextInt(10)) {
                    case 0, 1 -> model.fill();
                    case 2, 3, 4, 5 -> model.read();
                    case 6, 7, 8 -> model.release();
                    default -> model.changeReader();
                }
                model.check();
            }
            model.close();
        }
    }

    /** Throws what a releasing thread has thrown: before the end it finishes only by a failure. */
    private static void throwIfOver(List<Future<?>> releasing) throws Exception {
        for (Future<?> each : releasing) {
            if (each.isDone()) {
                each.get();
            }
        }
    }

    /** Runs concurrently a kernel, a reader that releases some frames, and two threads that release the others. */
    @Test
    @Timeout(value = 10, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void nothingIsLostOrGivenBackEarlyWhenAllRun() throws Exception {
        runAll(1, 20_000);
    }

    @Test
    @Tag("soak")
    void nothingIsLostOrGivenBackEarlyForLong() throws Exception {
        long end = System.nanoTime() + Long.getLong("soak.seconds", 60) * 1_000_000_000L;
        long seed = System.nanoTime();
        System.out.println("rings that all use at once, first seed " + seed);
        for (; System.nanoTime() < end; seed++) {
            runAll(seed, 100_000);
        }
    }

    private static void runAll(long seed, int frames) throws Exception {
        FakeKernel kernel = new FakeKernel(ReceiveMode.RING_SLICES, 4);
        List<LinkedBlockingQueue<Held>> queues = List.of(new LinkedBlockingQueue<>(), new LinkedBlockingQueue<>());
        Held end = new Held(new PacketFrame(Unpooled.EMPTY_BUFFER, FakeKernel.LOCAL), -1, 0);
        List<Future<?>> releasing = new ArrayList<>();
        ExecutorService threads = Executors.newFixedThreadPool(3);
        try {
            for (LinkedBlockingQueue<Held> queue : queues) {
                releasing.add(threads.submit(() -> {
                    for (Held next = queue.take(); next.value >= 0; next = queue.take()) {
                        assertHolds(next.value, next.frame);
                        next.frame.release();
                    }
                    return null;
                }));
            }
            Future<?> filling = threads.submit(() -> {
                Random random = new Random(seed);
                int written = 0;
                while (written < frames) {
                    int[] block = new int[Math.min(frames - written, random.nextInt(20))];
                    for (int i = 0; i < block.length; i++) {
                        block[i] = written + i & 0xff;
                    }
                    while (!kernel.fill(block) && !Thread.currentThread().isInterrupted()) {
                        Thread.onSpinWait();
                    }
                    written += block.length;
                }
            });
            Random random = new Random(~seed);
            for (int read = 0; read < frames; ) {
                PacketFrame frame = kernel.ring.next();
                if (frame == null) {
                    throwIfOver(releasing);
                    Thread.onSpinWait();
                    continue;
                }
                int to = random.nextInt(4);
                if (to < 2) {
                    queues.get(to).add(new Held(frame, read & 0xff, 0));
                } else {
                    assertHolds(read & 0xff, frame);
                    frame.release();
                }
                read++;
            }
            queues.forEach(queue -> queue.add(end));
            filling.get();
            for (Future<?> each : releasing) {
                each.get();
            }
            for (int i = 0; i < 4; i++) {
                assertTrue(kernel.owns(i));
            }
            AtomicInteger unmapped = new AtomicInteger();
            kernel.ring.close(unmapped::incrementAndGet);
            assertEquals(1, unmapped.get());
        } finally {
            threads.shutdownNow();
        }
    }
}
