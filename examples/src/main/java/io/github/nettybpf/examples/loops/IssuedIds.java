package io.github.nettybpf.examples.loops;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.quic.Quic;
import io.netty.handler.codec.quic.QuicConnectionIdGenerator;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Remembers which event loop has issued a connection id. For use by any thread. */
final class IssuedIds {
    private static final int LONG_HEADER = 0x80;
    private static final int ID_IN_SHORT_HEADER = 1;
    private static final int LENGTH_IN_LONG_HEADER = 5;
    private static final int ID_IN_LONG_HEADER = 6;

    private final Map<ByteBuffer, Integer> slots = new ConcurrentHashMap<>();

    /** {@return a generator whose ids are remembered as those of a slot} */
    QuicConnectionIdGenerator remembering(QuicConnectionIdGenerator generator, int slot) {
        return new QuicConnectionIdGenerator() {
            @Override
            public ByteBuffer newId(int length) {
                return remember(generator.newId(length));
            }

            @Override
            public ByteBuffer newId(ByteBuffer input, int length) {
                return remember(generator.newId(input, length));
            }

            private ByteBuffer remember(ByteBuffer id) {
                byte[] copy = new byte[id.remaining()];
                id.duplicate().get(copy);
                slots.put(ByteBuffer.wrap(copy), slot);
                return id;
            }

            @Override
            public int maxConnectionIdLength() {
                return generator.maxConnectionIdLength();
            }

            @Override
            public boolean isIdempotent() {
                return generator.isIdempotent();
            }
        };
    }

    /**
     * {@return whether a QUIC packet carries an id that another slot has issued} The first packets of a connection carry an
     * id that the client has made up, and belong to nobody yet. Source: RFC 9000, 17.2 and 17.3.
     */
    boolean isOfAnother(ByteBuf packet, int slot) {
        int start = packet.readerIndex();
        boolean isLong = packet.isReadable() && (packet.getByte(start) & LONG_HEADER) != 0;
        int at = isLong ? ID_IN_LONG_HEADER : ID_IN_SHORT_HEADER;
        if (packet.readableBytes() < at) {
            return false;
        }
        int length = isLong ? packet.getUnsignedByte(start + LENGTH_IN_LONG_HEADER) : Quic.MAX_CONN_ID_LEN;
        if (packet.readableBytes() < at + length) {
            return false;
        }
        byte[] id = new byte[length];
        packet.getBytes(start + at, id);
        return slots.getOrDefault(ByteBuffer.wrap(id), slot) != slot;
    }
}
