package io.github.nettybpf.packet;

import com.sun.jna.Pointer;
import io.github.nettybpf.packet.kernel.Kernel;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The kernel's side of a ring, after packet_mmap.rst and tpacket_rcv in net/packet/af_packet.c: fills a block that
 * belongs to the kernel, hands it over, and continues with the next. Needs no privilege.
 */
final class FakeKernel {
    static final int BLOCK_SIZE = 1 << 12;

    /** The length of all frames, each of which repeats one byte. */
    static final int FRAME_LENGTH = 64;

    /** The interface of a frame is this one more its byte. */
    static final int FIRST_INTERFACE = 0x01020300;

    static final PacketAddress LOCAL = PacketAddress.of("lo");

    private static final VarHandle STATUS = MethodHandles.byteBufferViewVarHandle(int[].class, ByteOrder.nativeOrder());
    private static final int DESCRIPTOR = 48;
    private static final int DATA = 80;

    final PacketRing ring;
    final AtomicInteger wakeups = new AtomicInteger();
    private final ByteBuffer[] blocks;
    private int next;

    FakeKernel(ReceiveMode mode, int blockCount) throws IOException {
        PacketChannelConfig.Settings settings = new PacketChannelConfig.Settings(
                PacketChannel.Type.RAW, mode, BLOCK_SIZE, blockCount, 8, false, true, false, null, false);
        Pointer mapped = Kernel.mapPrivate(settings.ringBytes());
        blocks = new ByteBuffer[blockCount];
        for (int i = 0; i < blockCount; i++) {
            blocks[i] = mapped.getByteBuffer((long) i * BLOCK_SIZE, BLOCK_SIZE).order(ByteOrder.nativeOrder());
        }
        ring = new PacketRing(mapped, settings, LOCAL, wakeups::incrementAndGet);
    }

    /** {@return whether the block belongs to the kernel} */
    boolean owns(int block) {
        return (int) STATUS.getAcquire(blocks[block], 8) == 0;
    }

    /** {@return whether the next block could be filled with a frame for each of these bytes} */
    boolean fill(int... frames) {
        int index = next;
        if (!owns(index)) {
            return false;
        }
        next = index + 1 == blocks.length ? 0 : index + 1;
        ByteBuffer block = blocks[index];
        for (int at = DESCRIPTOR; at < BLOCK_SIZE; at += Long.BYTES) {
            block.putLong(at, 0xdeaddeaddeaddeadL);
        }
        int at = DESCRIPTOR;
        for (int frame : frames) {
            at = write(block, at, frame);
        }
        block.putInt(12, frames.length).putInt(16, DESCRIPTOR).putInt(20, at);
        STATUS.setRelease(block, 8, 1);
        return true;
    }

    private static int write(ByteBuffer block, int at, int frame) {
        int length = DATA + FRAME_LENGTH;
        block.putInt(at, length).putInt(at + 4, 0x80000001).putInt(at + 8, 999_999_999);
        block.putInt(at + 12, FRAME_LENGTH).putInt(at + 16, 1500);
        block.putInt(at + 20, PacketFrame.STATUS_VLAN_VALID | 1 << 6);
        block.putShort(at + 24, (short) DATA).putShort(at + 26, (short) (DATA + 14));
        block.putInt(at + 32, 0xe005).putShort(at + 36, (short) 0x88a8);
        block.putShort(at + 48, (short) 17);
        block.duplicate().order(ByteOrder.BIG_ENDIAN).putShort(at + 50, (short) 0x88b5);
        block.putInt(at + 52, FIRST_INTERFACE + (frame & 0xff)).putShort(at + 56, (short) 0xfffe);
        block.put(at + 58, (byte) 4).put(at + 59, (byte) 6);
        for (int i = 0; i < 8; i++) {
            block.put(at + 60 + i, (byte) (i < 6 ? 0xf1 + i : 0));
        }
        for (int i = 0; i < FRAME_LENGTH; i++) {
            block.put(at + DATA + i, (byte) frame);
        }
        return at + length;
    }
}
