package io.github.nettybpf.examples.loops;

import io.github.nettybpf.netty.reuseport.QuicConnectionIds;
import io.netty.handler.codec.quic.QuicConnectionIdGenerator;
import java.nio.ByteBuffer;

/**
 * Makes Netty's QUIC codec issue connection ids that lead to the event loop that issues them. For use by any thread.
 */
final class SteeredConnectionIds implements QuicConnectionIdGenerator {
    private final QuicConnectionIds.Generator ids;

    /**
     * A generator for the codec of one channel.
     *
     * @param ids the ids of the channel's slot
     */
    SteeredConnectionIds(QuicConnectionIds.Generator ids) {
        this.ids = ids;
    }

    @Override
    public ByteBuffer newId(int length) {
        return ByteBuffer.wrap(ids.next(length));
    }

    @Override
    public ByteBuffer newId(ByteBuffer input, int length) {
        return newId(length);
    }

    @Override
    public int maxConnectionIdLength() {
        return QuicConnectionIds.MAX_LENGTH;
    }

    /** The ids are random: what they are made for does not matter. */
    @Override
    public boolean isIdempotent() {
        return false;
    }
}
