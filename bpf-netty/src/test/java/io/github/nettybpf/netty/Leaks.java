package io.github.nettybpf.netty;

import io.netty.buffer.ByteBufUtil;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Counts the buffers that are collected without having been released, from when it is opened on. Those that no handler and
 * no code of ours has had do not count: an io_uring event loop that ends leaks the buffer of its last read, and the
 * collector finds it during any test.
 */
final class Leaks implements AutoCloseable {
    private final AtomicInteger count = new AtomicInteger();

    Leaks() {
        ByteBufUtil.setLeakListener((type, records) -> {
            if (records.contains("io.github.nettybpf") || records.contains("Hint: ")) {
                count.incrementAndGet();
            }
        });
    }

    int count() {
        return count.get();
    }

    @Override
    public void close() {
        ByteBufUtil.setLeakListener(null);
    }
}
