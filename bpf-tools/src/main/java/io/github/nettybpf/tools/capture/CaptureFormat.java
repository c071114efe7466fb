package io.github.nettybpf.tools.capture;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Reads the packets of one file format in order. */
interface CaptureFormat {
    /** A longer packet is taken for damage: no link type has any. */
    int MAX_PACKET = 1 << 24;

    /**
     * {@return whether there was another packet, which {@code packet} then holds; false at the end of the capture}
     *
     * @throws CaptureException if the capture ends inside a packet, or is damaged
     */
    boolean next(CapturedPacket packet) throws IOException;

    /** {@return the first interface that the capture describes, or null if none has been read yet} */
    @Nullable
    CaptureInterface firstInterface();
}
