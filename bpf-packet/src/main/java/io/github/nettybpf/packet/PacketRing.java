package io.github.nettybpf.packet;

import com.sun.jna.Pointer;
import io.github.nettybpf.packet.kernel.Kernel;
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
 * A receive ring that is shared with the kernel by mmap(2) (PACKET_RX_RING, TPACKET_V3). The kernel fills one ring
 * block after the other with frames. A block belongs to the reader while its status has TP_STATUS_USER, and goes back
 * when the reader writes TP_STATUS_KERNEL.
 *
 * <p>If frames are copied, a block goes back when its last frame was read. If frames are slices of the block, it goes
 * back when the last of them was released, by any thread. The memory is unmapped when no block is held any more:
 * reading it later would crash the JVM.
 *
 * <p>Source: Documentation/networking/packet_mmap.rst, include/uapi/linux/if_packet.h.
 */
final class PacketRing implements FrameSource {
    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(PacketRing.class);
    private static final VarHandle STATUS = MethodHandles.byteBufferViewVarHandle(int[].class, ByteOrder.nativeOrder());

    private static final int STATUS_KERNEL = 0;
    private static final int STATUS_USER = 1;

    /** Offsets in {@code struct tpacket_block_desc}. */
    private static final int BLOCK_STATUS = 8;

    private static final int BLOCK_FRAMES = 12;
    private static final int BLOCK_FIRST = 16;

    /** Offsets in {@code struct tpacket3_hdr}, which {@code struct sockaddr_ll} follows. */
    private static final int NEXT = 0;

    /** Seconds and nanoseconds. */
    private static final int TIME = 4;

    /** The number of bytes captured, and the length on the wire. */
    private static final int LENGTHS = 12;

    /** The status; the offsets of the frame and of its network header, 16 bits each. */
    private static final int STATUS_AND_OFFSETS = 20;

    private static final int VLAN_TCI = 32;
    private static final int VLAN_TPID = 36;
    private static final int LINK = 48;

    private final Pointer mapped;
    private final long size;
    private final ByteBuffer[] blocks;
    private final FramePool frames;
    private final boolean putVlanBack;

    /** Whether frames are slices of the ring. */
    private final boolean slices;

    /** Run when the block was released that the ring waits for. */
    private final Runnable wakeup;

    /** 1 for each block that frames still refer to. */
    private final AtomicIntegerArray held;

    /** References to the mapping: the ring's own, and one for each held block. */
    private final AtomicInteger references = new AtomicInteger(1);

    private volatile @Nullable Runnable whenUnmapped;

    /** The held block that the ring has come round to and waits for, or -1. */
    private volatile int awaitedBlock = -1;

    /** The number of the block that is read, or is read next. */
    private int current;

    /** The block that was entered last. */
    private ByteBuffer reading;

    /** How many frames of {@link #reading} are still to be read. */
    private int framesLeft;

    /** The offset of the next frame's header in {@link #reading}. */
    private int nextHeader;

    private @Nullable HeldBlock slicedFrom;

    /**
     * Creates a ring over memory that a socket shares.
     *
     * @param mapped the memory, which this object unmaps
     * @param wakeup run when a block is released that {@link #next} found held, by the thread that releases it
     */
    PacketRing(Pointer mapped, PacketChannelConfig.Settings settings, PacketAddress local, Runnable wakeup) {
        this.mapped = mapped;
        this.size = settings.ringBytes();
        this.frames = new FramePool(local);
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
        while (framesLeft <= 0) {
            if (!enterBlock()) {
                return null;
            }
        }
        ByteBuffer block = reading;
        PacketFrame frame = frame(block, nextHeader);
        nextHeader += block.getInt(nextHeader + NEXT);
        framesLeft--;
        if (framesLeft == 0) {
            leaveBlock();
        }
        return frame;
    }

    /** {@return whether frames are slices of the ring} */
    boolean isSliced() {
        return slices;
    }

    /** {@return whether the current block is the reader's} If so, its frames are read next. */
    private boolean enterBlock() {
        if (slices && held.get(current) != 0) {
            awaitedBlock = current;
            if (held.get(current) != 0) {
                return false;
            }
            awaitedBlock = -1;
        }
        ByteBuffer block = blocks[current];
        if (((int) STATUS.getAcquire(block, BLOCK_STATUS) & STATUS_USER) == 0) {
            return false;
        }
        reading = block;
        frames.enterThread();
        framesLeft = block.getInt(BLOCK_FRAMES);
        nextHeader = block.getInt(BLOCK_FIRST);
        if (framesLeft == 0) {
            leaveBlock();
        } else if (slices) {
            slicedFrom = new HeldBlock(this, current, block, framesLeft);
            held.set(current, 1);
            references.incrementAndGet();
        }
        return true;
    }

    private void leaveBlock() {
        int finished = current;
        current = finished + 1 == blocks.length ? 0 : finished + 1;
        HeldBlock held = slicedFrom;
        if (held != null) {
            slicedFrom = null;
            held.endReading();
        } else {
            STATUS.setRelease(blocks[finished], BLOCK_STATUS, STATUS_KERNEL);
        }
    }

    private PacketFrame frame(ByteBuffer block, int header) {
        // Few wide loads, because each has a bounds check.
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
            // PACKET_RESERVE left room for it before the frame.
            if (putVlanBack && captured >= VlanTag.OFFSET && networkOffset > 0) {
                VlanTag.putBack(block, from, vlan);
                added = VlanTag.BYTES;
                status |= PacketFrame.STATUS_VLAN_IN_CONTENT;
            }
        }
        HeldBlock held = slicedFrom;
        FrameContent content = held == null
                ? frames.copy(block, from - added, captured + added)
                : frames.slice(held, from - added, captured + added);
        long time = block.getLong(header + TIME);
        return content.frame()
                .received(
                        wireLength + added,
                        status,
                        Integer.toUnsignedLong(NativeHalves.first(time)) * 1_000_000_000L + NativeHalves.second(time),
                        vlan,
                        networkOffset + added,
                        block,
                        header + LINK);
    }

    /** Gives a held block back to the kernel, after its last reference was released; from any thread. */
    void blockReleased(int block) {
        // In this order: a reader that sees that the block is not held may trust its status.
        STATUS.setRelease(blocks[block], BLOCK_STATUS, STATUS_KERNEL);
        held.set(block, 0);
        if (awaitedBlock == block) {
            awaitedBlock = -1;
            wakeup.run();
        }
        releaseMapping();
    }

    @Override
    public void leaveThread() {
        frames.leaveThread();
        HeldBlock open = slicedFrom;
        if (open != null) {
            open.leaveThread();
        }
    }

    @Override
    public void close(Runnable then) {
        whenUnmapped = then;
        HeldBlock sliced = slicedFrom;
        framesLeft = 0;
        if (sliced != null) {
            slicedFrom = null;
            sliced.endReading();
        }
        if (references.get() > 1 && RingCopy.replaceMapping(mapped, size, blocks, held)) {
            // The socket can be closed now, while blocks are still held.
            then.run();
            whenUnmapped = null;
        }
        releaseMapping();
    }

    private void releaseMapping() {
        if (references.decrementAndGet() > 0) {
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
