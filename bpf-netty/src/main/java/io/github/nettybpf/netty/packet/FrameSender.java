package io.github.nettybpf.netty.packet;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.unix.Buffer;
import io.netty.channel.unix.Errors.NativeIoException;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.nio.ByteBuffer;

/** Sends messages as frames, one call each. For one event loop. */
final class FrameSender {
    private final PacketSocket socket;
    private final PacketChannel.Type type;

    FrameSender(PacketSocket socket, PacketChannel.Type type) {
        this.socket = socket;
        this.type = type;
    }

    private static ByteBuf contentOf(Object message) {
        return message instanceof PacketFrame frame ? frame.content() : (ByteBuf) message;
    }

    /**
     * {@return the message, in one piece outside the heap}; if that is another one, it is the caller's in its stead.
     *
     * @throws UnsupportedOperationException if this is nothing to send
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

    /** {@return 0, or the error, negative} */
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

    /** Without Unsafe, Netty does not tell the address of a buffer. */
    private static long address(ByteBuf content) {
        if (content.hasMemoryAddress()) {
            return content.memoryAddress() + content.readerIndex();
        }
        ByteBuffer memory = content.internalNioBuffer(content.readerIndex(), content.readableBytes());
        return Buffer.memoryAddress(memory) + memory.position();
    }

    private int sendTo(ByteBuf content, PacketAddress to) throws IOException {
        PacketAddress resolved = to.interfaceIndex() == PacketAddress.UNKNOWN_INTERFACE ? socket.resolve(to) : to;
        long sent = Kernel.send(socket.fd().intValue(), address(content), content.readableBytes(), resolved.encode());
        return sent < 0 ? (int) sent : 0;
    }
}
