package io.github.nettybpf.tools.capture;

import java.io.IOException;

/** How packets are written one behind the other. */
interface CaptureFormat {
    /** Longer packets are taken for damage; no link type has any. */
    int MAX_PACKET = 1 << 24;

    /**
     * {@return whether there was a packet}, which the other then is; otherwise the capture ends here.
     *
     * @throws CaptureException if it ends in the middle, or is damaged
     */
    boolean next(CapturedPacket packet) throws IOException;
}
