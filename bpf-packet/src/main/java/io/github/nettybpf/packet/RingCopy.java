package io.github.nettybpf.packet;

import com.sun.jna.Pointer;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * Lets a socket go while blocks of its ring are held. A mapping keeps its socket open, with all that it is a member of
 * (packet_mmap and packet_release in net/packet/af_packet.c): so the held blocks are copied, and the copies take the place
 * of the mapping, at the same addresses. Slices stay valid, and nothing of the socket is left in their way.
 */
final class RingCopy {
    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(RingCopy.class);

    private RingCopy() {}

    /**
     * {@return whether the memory is the socket's no more}; if not, all is as it was. The kernel does not write to held
     * blocks; what their holders write to them at the same time may be lost.
     *
     * @param held not 0 where a block is held; one that is released meanwhile does no harm
     */
    static boolean takePlace(Pointer mapped, long size, ByteBuffer[] blocks, AtomicIntegerArray held) {
        Pointer copy;
        try {
            copy = Kernel.mapPrivate(size);
        } catch (IOException e) {
            LOGGER.warn("no memory for held frames: their socket stays open until they are released", e);
            return false;
        }
        try {
            long at = 0;
            for (int i = 0; i < blocks.length; i++) {
                if (held.get(i) != 0) {
                    copy.getByteBuffer(at, blocks[i].capacity())
                            .put(blocks[i].duplicate().clear());
                }
                at += blocks[i].capacity();
            }
            Kernel.moveOnto(copy, size, mapped);
            return true;
        } catch (IOException e) {
            LOGGER.warn("held frames keep their socket open until they are released", e);
            unmap(copy, size);
            return false;
        }
    }

    private static void unmap(Pointer copy, long size) {
        try {
            Kernel.unmap(copy, size);
        } catch (IOException e) {
            LOGGER.warn("a copy of a packet ring stays mapped", e);
        }
    }
}
