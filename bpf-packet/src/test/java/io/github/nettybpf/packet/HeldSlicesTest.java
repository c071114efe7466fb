package io.github.nettybpf.packet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelFuture;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Frames of a ring that are held while their channel is closed, or while the ring waits for their block. */
@ExtendWith(InNamespace.class)
class HeldSlicesTest {
    @Test
    void heldSlicesKeepTheirBytesWhenTheChannelIsClosed() throws Exception {
        long descriptors = PacketLifecycleTest.descriptors();
        try (Tap a = Tap.ofOurs().bind("a0");
                Tap b = Tap.ofOurs()
                        .with(PacketChannelOption.RECEIVE_MODE, ReceiveMode.RING_SLICES)
                        .bind("b0")) {
            a.send(Tap.frame(60, 1));
            PacketFrame held = b.next();
            b.channel.close().sync();
            assertEquals(Tap.frame(60, 1), held.content());
            // The socket is closed by now, and receives nothing.
            assertEquals(1, PacketLifecycleTest.mappings(), "that of the sender alone");
            assertEquals(2, Namespace.run("cat /proc/net/packet").lines().count(), "a heading and the sender's socket");
            a.send(Tap.frame(60, 2));
            a.channel.close().sync();
            assertEquals(Tap.frame(60, 1), held.content());
            held.content().setByte(20, 99);
            assertEquals(99, held.content().getByte(20));
            assertTrue(held.release());
        }
        PacketLifecycleTest.await("descriptors", () -> PacketLifecycleTest.descriptors() == descriptors);
    }

    /** Frames of several blocks are held, and read by another thread while the channel is closed. */
    @Test
    void heldSlicesCanBeReadWhileTheChannelIsClosed() throws Exception {
        try (Tap a = Tap.ofOurs().bind("a0")) {
            for (int round = 0; round < 50; round++) {
                try (Tap b = Tap.ofOurs()
                        .with(PacketChannelOption.RECEIVE_MODE, ReceiveMode.RING_SLICES)
                        .with(PacketChannelOption.BLOCK_SIZE, 4096)
                        .with(PacketChannelOption.BLOCK_COUNT, 64)
                        .with(PacketChannelOption.RETIRE_MILLIS, 1)
                        .bind("b0")) {
                    for (int i = 0; i < 50; i++) {
                        a.channel.write(Tap.frame(500, i));
                    }
                    a.channel.flush();
                    List<PacketFrame> held = new ArrayList<>();
                    for (int i = 0; i < 50; i++) {
                        PacketFrame frame = b.next();
                        if (i % 10 < 7) {
                            held.add(frame);
                        } else {
                            frame.release();
                        }
                    }
                    AtomicBoolean closed = new AtomicBoolean();
                    ChannelFuture close = b.channel.close().addListener(done -> closed.set(true));
                    do {
                        for (int i = 0; i < held.size(); i++) {
                            assertEquals(
                                    Tap.frame(500, i / 7 * 10 + i % 7),
                                    held.get(i).content());
                        }
                    } while (!closed.get());
                    close.sync();
                    held.forEach(PacketFrame::release);
                }
            }
        }
        assertEquals(0, PacketLifecycleTest.mappings());
    }

    @Test
    void heldSlicesKeepNoMembership() throws Exception {
        try (Tap a = Tap.ofOurs().bind("a0");
                Tap one = Tap.ofOurs()
                        .with(PacketChannelOption.RECEIVE_MODE, ReceiveMode.RING_SLICES)
                        .with(PacketChannelOption.FANOUT, PacketFanout.roundRobin(21))
                        .with(PacketChannelOption.PROMISCUOUS, true)
                        .bind("b0")) {
            a.send(Tap.frame(60, 1));
            PacketFrame held = one.next();
            try (Tap two = Tap.ofOurs()
                    .with(PacketChannelOption.FANOUT, PacketFanout.roundRobin(21))
                    .bind("b0")) {
                one.channel.close().sync();
                assertTrue(Namespace.run("ip -d link show b0").contains("promiscuity 0"));
                for (int i = 0; i < 10; i++) {
                    a.send(Tap.frame(60, i));
                }
                for (int i = 0; i < 10; i++) {
                    assertEquals(ByteBufUtil.hexDump(Tap.frame(60, i)), two.nextHex());
                }
            }
            assertEquals(Tap.frame(60, 1), held.content());
            held.release();
        }
    }

    @Test
    void aRingThatWaitsForASliceGoesOnWhenItIsReleased() throws Exception {
        try (Tap a = Tap.ofOurs().bind("a0");
                Tap b = Tap.ofOurs()
                        .with(PacketChannelOption.RECEIVE_MODE, ReceiveMode.RING_SLICES)
                        .with(PacketChannelOption.BLOCK_SIZE, 4096)
                        .with(PacketChannelOption.BLOCK_COUNT, 4)
                        .with(PacketChannelOption.RETIRE_MILLIS, 1)
                        .bind("b0")) {
            a.send(Tap.frame(60, 1));
            PacketFrame held = b.next();
            // Fill what is left of the ring, until the kernel finds the held block.
            PacketLifecycleTest.await("drops", () -> {
                a.channel.writeAndFlush(Tap.frame(60, 2), a.channel.voidPromise());
                PacketFrame other = b.received.poll();
                if (other != null) {
                    other.release();
                }
                return b.channel.statistics().drops() > 0;
            });
            int completed = b.completed.get();
            held.release();
            PacketLifecycleTest.await("frames after the release", () -> {
                a.channel.writeAndFlush(Tap.frame(60, 3), a.channel.voidPromise());
                PacketFrame other = b.received.poll();
                boolean fresh = other != null && other.content().equals(Tap.frame(60, 3));
                if (other != null) {
                    other.release();
                }
                return fresh;
            });
            assertTrue(b.completed.get() > completed);
        }
    }
}
