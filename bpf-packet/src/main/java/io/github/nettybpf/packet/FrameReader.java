package io.github.nettybpf.packet;

import com.sun.jna.Pointer;
import io.netty.buffer.Unpooled;
import io.netty.channel.unix.Buffer;
import io.netty.channel.unix.Errors.NativeIoException;
import io.netty.util.internal.CleanableDirectBuffer;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Reads frames from a socket one by one (recvmsg(2)): no frame waits for others, and each costs a call. The bytes come into
 * memory that is as large as any frame, and are copied out.
 */
final class FrameReader implements FrameSource {
    /** An interface hands over what it has put together (GRO): 65,550 bytes by default, up to eight times that. */
    private static final int LONGEST_FRAME = 1 << 19;

    /** {@code struct msghdr}, {@code struct iovec}, {@code struct sockaddr_ll}, control messages; then the frame. */
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

    /** With room for a VLAN tag before it. */
    private static final int DATA = MESSAGES + MESSAGES_BYTES + 8;

    private static final int CONTROL_HEADER = 16;
    private static final int SOL_SOCKET = 1;
    private static final int SCM_TIMESTAMPNS = 35;

    private final int fd;
    private final boolean cooked;
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
        this.cooked = settings.type() == PacketChannel.Type.DGRAM;
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
            throw new NativeIoException("recvmsg", (int) received);
        }
        int captured = (int) received;
        readControl(captured);
        int added = 0;
        if (putVlanBack && !cooked && vlan != 0 && captured >= VlanTag.OFFSET) {
            VlanTag.putBack(memory, DATA, vlan);
            added = VlanTag.BYTES;
            status |= PacketFrame.STATUS_VLAN_IN_CONTENT;
        }
        byte[] bytes = new byte[captured + added];
        memory.get(DATA - added, bytes);
        return new PacketFrame(
                Unpooled.wrappedBuffer(bytes),
                wireLength + added,
                status,
                timestampNanos,
                vlan,
                networkOffset < 0 ? networkOffset : networkOffset + added,
                memory,
                LINK,
                local);
    }

    /** PACKET_AUXDATA and the timestamp, in whatever order they come. */
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
