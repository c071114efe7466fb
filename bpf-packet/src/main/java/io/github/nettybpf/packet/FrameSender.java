package io.github.nettybpf.packet;

import io.github.nettybpf.packet.kernel.HardwareType;
import io.github.nettybpf.packet.kernel.Kernel;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.unix.Buffer;
import io.netty.channel.unix.Errors.NativeIoException;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** Sends each message as one frame, with one system call (send(2) or sendto(2)). For one event loop. */
final class FrameSender {
    private static final int ETHERNET_ADDRESS = 6;

    private final PacketSocket socket;
    private final PacketChannel.Type type;

    /** The interface of the last frame, whose hardware type is cached because asking for it takes two system calls. */
    private int lastInterface = PacketAddress.UNKNOWN_INTERFACE;

    private int lastType;

    FrameSender(PacketSocket socket, PacketChannel.Type type) {
        this.socket = socket;
        this.type = type;
    }

    private static ByteBuf contentOf(Object message) {
        return message instanceof PacketFrame frame ? frame.content() : (ByteBuf) message;
    }

    /**
     * {@return the message if its content is one direct buffer, or a copy that has one} The copy replaces the message,
     * which is released then.
     *
     * @throws UnsupportedOperationException if the channel cannot send a message of this type
     */
    Object prepare(Object message, ByteBufAllocator allocator) {
        boolean sendable =
                message instanceof PacketFrame || (message instanceof ByteBuf && type == PacketChannel.Type.RAW);
        if (!sendable) {
            throw new UnsupportedOperationException(
                    "message of type " + message.getClass().getName() + " (expected: "
                            + (type == PacketChannel.Type.RAW
                                    ? "ByteBuf or PacketFrame"
                                    : "PacketFrame, whose address says to whom")
                            + ")");
        }
        ByteBuf content = contentOf(message);
        if (content.isDirect() && content.nioBufferCount() == 1) {
            return message;
        }
        ByteBuf direct = allocator.directBuffer(content.readableBytes());
        direct.writeBytes(content, content.readerIndex(), content.readableBytes());
        Object replaced = message instanceof PacketFrame frame ? frame.replace(direct) : direct;
        ReferenceCountUtil.release(message);
        return replaced;
    }

    /** {@return whether frames that were sent are still in the queue of an interface} */
    boolean hasQueuedFrames() {
        return Kernel.queuedBytes(socket.fd().intValue()) > 0;
    }

    /**
     * {@return the exception for a message that was not sent}
     *
     * @param bound the address of the channel
     * @param error the negative errno
     */
    IOException failure(Object prepared, @Nullable PacketAddress bound, int error) {
        PacketAddress to = prepared instanceof PacketFrame frame ? frame.address() : bound;
        return SendFailure.of(contentOf(prepared).readableBytes(), to, error);
    }

    /** {@return 0, or the negative errno} */
    int send(Object prepared) throws IOException {
        ByteBuf content = contentOf(prepared);
        if (prepared instanceof PacketFrame frame) {
            return sendTo(content, frame.address());
        }
        try {
            int sent;
            if (content.hasMemoryAddress()) {
                sent = socket.fd().sendAddress(content.memoryAddress(), content.readerIndex(), content.writerIndex());
            } else {
                ByteBuffer memory = content.internalNioBuffer(content.readerIndex(), content.readableBytes());
                sent = socket.fd().send(memory, memory.position(), memory.limit());
            }
            return sent > 0 || !content.isReadable() ? 0 : -Kernel.EAGAIN;
        } catch (NativeIoException e) {
            return e.expectedErr();
        }
    }

    /**
     * {@return the memory address of the readable bytes} Without {@code sun.misc.Unsafe}, a buffer does not tell it.
     */
    private static long address(ByteBuf content) {
        if (content.hasMemoryAddress()) {
            return content.memoryAddress() + content.readerIndex();
        }
        ByteBuffer memory = content.internalNioBuffer(content.readerIndex(), content.readableBytes());
        return Buffer.memoryAddress(memory) + memory.position();
    }

    private int hardwareType(int interfaceIndex) {
        if (interfaceIndex != lastInterface) {
            lastType = socket.hardwareType(interfaceIndex);
            lastInterface = interfaceIndex;
        }
        return lastType;
    }

    /** Throws if the interface's frames do not begin with the Ethernet header that the channel's frames have. */
    private void requireEthernet(PacketAddress to) throws IOException {
        int hardwareType = hardwareType(to.interfaceIndex());
        // A negative errno: sending will fail.
        if (hardwareType >= 0 && !HardwareType.hasEthernetHeader(hardwareType)) {
            throw new IOException("frame to " + to + ": hardware type " + HardwareType.name(hardwareType)
                    + ", without an Ethernet header (expected: a channel of type DGRAM)");
        }
    }

    /** Throws if the address lacks what the link-layer header needs: the kernel would fill it with zeros. */
    private void requireHeader(PacketAddress to) throws IOException {
        if (to.protocol() == 0 || to.protocol() == PacketAddress.ALL_PROTOCOLS) {
            throw new IOException("frame to " + to + ": no protocol (expected: one, by withProtocol)");
        }
        int length = to.hardwareAddressLength();
        if (HardwareType.hasEthernetHeader(hardwareType(to.interfaceIndex())) && length != ETHERNET_ADDRESS) {
            throw new IOException("frame to " + to + ": hardware address of " + length + " bytes (expected: "
                    + ETHERNET_ADDRESS + ", by withHardwareAddress)");
        }
    }

    private int sendTo(ByteBuf content, PacketAddress to) throws IOException {
        PacketAddress resolved = to.interfaceIndex() == PacketAddress.UNKNOWN_INTERFACE ? socket.resolve(to) : to;
        if (resolved.interfaceIndex() == 0) {
            throw new IOException("frame to " + to + ": no interface (expected: the name of one)");
        } else if (type == PacketChannel.Type.DGRAM) {
            requireHeader(resolved);
        } else {
            requireEthernet(resolved);
        }
        long sent = Kernel.send(socket.fd().intValue(), address(content), content.readableBytes(), resolved.encode());
        return sent < 0 ? (int) sent : 0;
    }
}
