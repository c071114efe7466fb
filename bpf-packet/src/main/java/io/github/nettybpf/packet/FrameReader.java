package io.github.nettybpf.packet;

import com.sun.jna.Pointer;
import io.github.nettybpf.packet.kernel.Kernel;
import io.github.nettybpf.packet.kernel.KernelException;
import io.netty.buffer.Unpooled;
import io.netty.channel.unix.Buffer;
import io.netty.util.internal.CleanableDirectBuffer;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Reads frames one by one with recvmsg(2): no frame waits for others, and each costs a system call. The kernel writes
 * the bytes to one buffer that is as large as the longest frame, from which they are copied.
 */
final class FrameReader implements FrameSource {
    /**
     * With generic receive offload (GRO) an interface delivers merged frames: of up to 65,550 bytes by default, of up
     * to eight times that where it is configured.
     */
    private static final int LONGEST_FRAME = 1 << 19;

    /**
     * Offsets in the memory: {@code struct msghdr} with its fields, {@code struct iovec}, {@code struct sockaddr_ll},
     * control messages (ancillary data); then the frame.
     */
    private static final int NAME = 0;

    private static final int NAME_LENGTH = 8;
    private static final int VECTORS = 16;
    private static final int VECTOR_COUNT = 24;
    private static final int CONTROL = 32;
    private static final int CONTROL_LENGTH = 40;
    private static final int FLAGS = 48;
    private static final int VECTOR = 64;
    private static final int LINK = 80;
    private static final int MESSAGES = 104;
    private static final int MESSAGES_BYTES = 152;

    /** Where the frame begins; before it is room for a VLAN tag. */
    private static final int DATA = MESSAGES + MESSAGES_BYTES + 8;

    private static final int CONTROL_HEADER = 16;
    private static final int SOL_SOCKET = 1;
    private static final int SCM_TIMESTAMPNS = 35;

    private final int fd;
    private final boolean hasLinkHeader;
    private final boolean putVlanBack;
    private final PacketAddress local;
    private final CleanableDirectBuffer owner;
    private final ByteBuffer memory;
    private final Pointer message;

    private int status;
    private int wireLength;
    private int networkOffset;
    private int vlan;
    private long timestampNanos;

    FrameReader(int fd, PacketChannelConfig.Settings settings, PacketAddress local) {
        this.fd = fd;
        this.hasLinkHeader = settings.type() == PacketChannel.Type.RAW;
        this.putVlanBack = settings.putVlanBack();
        this.local = local;
        owner = Buffer.allocateDirectBufferWithNativeOrder(DATA + LONGEST_FRAME);
        memory = owner.buffer();
        long address = Buffer.memoryAddress(memory);
        message = new Pointer(address);
        memory.putLong(NAME, address + LINK);
        memory.putLong(VECTORS, address + VECTOR).putLong(VECTOR_COUNT, 1);
        memory.putLong(CONTROL, address + MESSAGES);
        memory.putLong(VECTOR, address + DATA).putLong(VECTOR + Long.BYTES, LONGEST_FRAME);
    }

    @Override
    public @Nullable PacketFrame next() throws IOException {
        memory.putInt(NAME_LENGTH, PacketAddress.BYTES);
        memory.putLong(CONTROL_LENGTH, MESSAGES_BYTES).putInt(FLAGS, 0);
        long received = Kernel.receive(fd, message);
        if (received == -Kernel.EAGAIN) {
            return null;
        } else if (received < 0) {
            throw new KernelException("recvmsg", (int) received);
        }
        int captured = (int) received;
        readControl(captured);
        int added = 0;
        if (putVlanBack && hasLinkHeader && vlan != 0 && captured >= VlanTag.OFFSET) {
            VlanTag.putBack(memory, DATA, vlan);
            added = VlanTag.BYTES;
            status |= PacketFrame.STATUS_VLAN_IN_CONTENT;
        }
        byte[] bytes = new byte[captured + added];
        memory.get(DATA - added, bytes);
        return PacketFrame.toReceive(Unpooled.wrappedBuffer(bytes), local)
                .received(
                        wireLength + added,
                        status,
                        timestampNanos,
                        vlan,
                        networkOffset < 0 ? networkOffset : networkOffset + added,
                        memory,
                        LINK);
    }

    /**
     * Reads the control messages, which have no fixed order: PACKET_AUXDATA ({@code struct tpacket_auxdata}) and
     * SCM_TIMESTAMPNS.
     */
    private void readControl(int captured) {
        status = 0;
        wireLength = captured;
        networkOffset = -1;
        vlan = 0;
        timestampNanos = 0;
        int end = MESSAGES + (int) memory.getLong(CONTROL_LENGTH);
        int next = MESSAGES;
        while (next + CONTROL_HEADER <= end) {
            int length = (int) memory.getLong(next);
            int level = memory.getInt(next + 8);
            int type = memory.getInt(next + 12);
            int body = next + CONTROL_HEADER;
            if (level == PacketSocket.SOL_PACKET && type == PacketSocket.PACKET_AUXDATA) {
                status = memory.getInt(body);
                wireLength = memory.getInt(body + 4);
                networkOffset = memory.getShort(body + 14) & 0xffff;
                if ((status & PacketFrame.STATUS_VLAN_VALID) != 0) {
                    vlan = VlanTag.of(status, memory.getShort(body + 16), memory.getShort(body + 18));
                }
            } else if (level == SOL_SOCKET && type == SCM_TIMESTAMPNS) {
                timestampNanos = memory.getLong(body) * 1_000_000_000L + memory.getLong(body + Long.BYTES);
            }
            next += Math.max(CONTROL_HEADER, (length + 7) & ~7);
        }
    }

    @Override
    public void close(Runnable then) {
        owner.clean();
        then.run();
    }
}
