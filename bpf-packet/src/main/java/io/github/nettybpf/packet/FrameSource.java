package io.github.nettybpf.packet;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Where a channel's frames come from: a ring, or reads. All methods but {@link #close} are for the event loop. */
interface FrameSource {
    /**
     * {@return the next frame, or null if there is none now} The caller releases it.
     *
     * @throws IOException with the socket's error, such as ENETDOWN
     */
    @Nullable
    PacketFrame next() throws IOException;

    /** Called by the reading thread before another thread reads on. The old thread may still release frames. */
    default void leaveThread() {}

    /**
     * Frees the memory as soon as no frame refers to it. No other method may be called after this.
     *
     * @param then run once the socket may be closed: at once, or by another thread later
     */
    void close(Runnable then);
}
