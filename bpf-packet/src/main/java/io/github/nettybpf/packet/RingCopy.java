package io.github.nettybpf.packet;

import com.sun.jna.Pointer;
import io.github.nettybpf.packet.kernel.Kernel;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * Replaces the mapping of a ring by a copy, so that its socket can be closed while blocks are held. A mapping keeps its
 * socket open, with its memberships (packet_mmap and packet_release in net/packet/af_packet.c). So the held blocks are
 * copied, and the copy is moved to the addresses of the mapping (mremap(2)). Slices stay valid.
 */
final class RingCopy {
    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(RingCopy.class);

    private RingCopy() {}

    /**
     * {@return whether the memory was replaced; if not, nothing has changed} The kernel does not write to held blocks.
     * Bytes that their holders write during the copy may be lost.
     *
     * @param held not 0 for each block that is held; a block that is released meanwhile does no harm
     */
    static boolean replaceMapping(Pointer mapped, long size, ByteBuffer[] blocks, AtomicIntegerArray held) {
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
