package io.github.nettybpf.packet;

import com.sun.jna.Pointer;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.jspecify.annotations.Nullable;

/**
 * A receive ring that is shared with the kernel (PACKET_RX_RING, TPACKET_V3). The kernel fills block after block with
 * frames; a block is ours from when its status says so until we write there that it is not.
 *
 * <p>Frames are copied out, and then a block goes back when its last frame was read; or they are slices of the block, and
 * then it goes back when the last of them was released, from whichever thread. The memory is unmapped when no block is held
 * any more: reading it later would end the JVM.
 *
 * <p>Source: Documentation/networking/packet_mmap.rst, include/uapi/linux/if_packet.h.
 */
final class PacketRing implements FrameSource {
    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(PacketRing.class);
    private static final VarHandle STATUS = MethodHandles.byteBufferViewVarHandle(int[].class, ByteOrder.nativeOrder());

    private static final int STATUS_KERNEL = 0;
    private static final int STATUS_USER = 1;

    /** In {@code struct tpacket_block_desc}. */
    private static final int BLOCK_STATUS = 8;

    private static final int BLOCK_FRAMES = 12;
    private static final int BLOCK_FIRST = 16;

    /** In {@code struct tpacket3_hdr}; {@code struct sockaddr_ll} follows it. */
    private static final int NEXT = 0;

    /** Seconds and nanoseconds. */
    private static final int TIME = 4;

    /** What was kept of the frame, and what it had. */
    private static final int LENGTHS = 12;

    /** The status; where the frame begins, and its network header, in 16 bits each. */
    private static final int STATUS_AND_OFFSETS = 20;

    private static final int VLAN_TCI = 32;
    private static final int VLAN_TPID = 36;
    private static final int LINK = 48;

    private final Pointer mapped;
    private final long size;
    private final ByteBuffer[] blocks;
    private final PacketAddress local;
    private final boolean putVlanBack;

    /** Whether frames are slices. */
    private final boolean slices;

    /** Told when the ring can go on, after a block was held. */
    private final Runnable wakeup;

    /** 1 while somebody still has slices of the block. */
    private final AtomicIntegerArray held;

    /** The ring's own, and one for each block that is held. */
    private final AtomicInteger users = new AtomicInteger(1);

    private volatile @Nullable Runnable whenUnmapped;

    /** The block that must come back before the ring can go on, or -1. */
    private volatile int awaited = -1;

    /** The block that is read, or comes next. */
    private int current;

    /** That block, once it is read. */
    private ByteBuffer reading;

    /** How many frames of it are still to be read. */
    private int left;

    /** Where the next one is. */
    private int at;

    private @Nullable HeldBlock slicedFrom;

    /**
     * A ring over memory that a socket shares.
     *
     * @param mapped the memory, this object's own from now on
     * @param wakeup run by any thread when a block came back that {@link #next} found held
     */
    PacketRing(Pointer mapped, PacketChannelConfig.Settings settings, PacketAddress local, Runnable wakeup) {
        this.mapped = mapped;
        this.size = settings.ringBytes();
        this.local = local;
        this.slices = settings.receiveMode() == ReceiveMode.RING_SLICES;
        this.putVlanBack = settings.putVlanBack();
        this.wakeup = wakeup;
        this.held = new AtomicIntegerArray(settings.blockCount());
        blocks = new ByteBuffer[settings.blockCount()];
        for (int i = 0; i < blocks.length; i++) {
            blocks[i] = mapped.getByteBuffer((long) i * settings.blockSize(), settings.blockSize())
                    .order(ByteOrder.nativeOrder());
        }
        reading = blocks[0];
    }

    @Override
    public @Nullable PacketFrame next() {
        while (left <= 0) {
            if (!enter()) {
                return null;
            }
        }
        ByteBuffer block = reading;
        PacketFrame frame = frame(block, at);
        at += block.getInt(at + NEXT);
        left--;
        if (left == 0) {
            leave();
        }
        return frame;
    }

    /** {@return whether frames are slices of the ring} */
    boolean isSliced() {
        return slices;
    }

    private boolean enter() {
        if (slices && held.get(current) != 0) {
            awaited = current;
            if (held.get(current) != 0) {
                return false;
            }
            awaited = -1;
        }
        ByteBuffer block = blocks[current];
        if (((int) STATUS.getAcquire(block, BLOCK_STATUS) & STATUS_USER) == 0) {
            return false;
        }
        reading = block;
        left = block.getInt(BLOCK_FRAMES);
        at = block.getInt(BLOCK_FIRST);
        if (left == 0) {
            leave();
        } else if (slices) {
            slicedFrom = new HeldBlock(this, current, block, left);
            held.set(current, 1);
            users.incrementAndGet();
        }
        return true;
    }

    private void leave() {
        int finished = current;
        current = finished + 1 == blocks.length ? 0 : finished + 1;
        HeldBlock held = slicedFrom;
        if (held != null) {
            slicedFrom = null;
            held.leave();
        } else {
            STATUS.setRelease(blocks[finished], BLOCK_STATUS, STATUS_KERNEL);
        }
    }

    private PacketFrame frame(ByteBuffer block, int header) {
        // Few wide loads: each is checked against the bounds of the block.
        long time = block.getLong(header + TIME);
        long lengths = block.getLong(header + LENGTHS);
        long statusAndOffsets = block.getLong(header + STATUS_AND_OFFSETS);
        int captured = NativeHalves.first(lengths);
        int wireLength = NativeHalves.second(lengths);
        int status = NativeHalves.first(statusAndOffsets);
        int offsets = NativeHalves.second(statusAndOffsets);
        int from = header + NativeHalves.first(offsets);
        int networkOffset = NativeHalves.second(offsets) - NativeHalves.first(offsets);
        int vlan = 0;
        int added = 0;
        if ((status & PacketFrame.STATUS_VLAN_VALID) != 0) {
            vlan = VlanTag.of(status, block.getInt(header + VLAN_TCI), block.getShort(header + VLAN_TPID));
            // PACKET_RESERVE left room for it in front of the frame.
            if (putVlanBack && captured >= VlanTag.OFFSET && networkOffset > 0) {
                VlanTag.putBack(block, from, vlan);
                added = VlanTag.BYTES;
                status |= PacketFrame.STATUS_VLAN_IN_CONTENT;
            }
        }
        // Made before the frame: to what is stored into the newest object alone, the garbage collector has no barrier.
        ByteBuf content = content(block, from - added, captured + added);
        return new PacketFrame(
                content,
                wireLength + added,
                status,
                Integer.toUnsignedLong(NativeHalves.first(time)) * 1_000_000_000L + NativeHalves.second(time),
                vlan,
                networkOffset + added,
                block,
                header + LINK,
                local);
    }

    private ByteBuf content(ByteBuffer block, int from, int length) {
        HeldBlock held = slicedFrom;
        if (held != null) {
            return held.handOut(from, length);
        }
        byte[] copy = new byte[length];
        block.get(from, copy);
        return Unpooled.wrappedBuffer(copy);
    }

    /** A block that was held is nobody's any more; from any thread. */
    void returned(int block) {
        // In this order: whoever sees that nobody holds the block may trust its status.
        STATUS.setRelease(blocks[block], BLOCK_STATUS, STATUS_KERNEL);
        held.set(block, 0);
        if (awaited == block) {
            awaited = -1;
            wakeup.run();
        }
        leaveRing();
    }

    @Override
    public void leaveThread() {
        HeldBlock open = slicedFrom;
        if (open != null) {
            open.leaveThread();
        }
    }

    @Override
    public void close(Runnable then) {
        whenUnmapped = then;
        HeldBlock sliced = slicedFrom;
        left = 0;
        if (sliced != null) {
            slicedFrom = null;
            sliced.leave();
        }
        if (users.get() > 1 && RingCopy.takePlace(mapped, size, blocks, held)) {
            // The socket goes now, whatever is held.
            then.run();
            whenUnmapped = null;
        }
        leaveRing();
    }

    private void leaveRing() {
        if (users.decrementAndGet() > 0) {
            return;
        }
        try {
            Kernel.unmap(mapped, size);
        } catch (IOException e) {
            LOGGER.warn("a packet ring stays mapped", e);
        }
        Runnable then = whenUnmapped;
        if (then != null) {
            then.run();
        }
    }
}
