package io.github.nettybpf.packet;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Where a channel's frames come from. All but {@link #close} is for the event loop. */
interface FrameSource {
    /**
     * {@return the next frame}, which the caller releases, or null if there is none now.
     *
     * @throws IOException as the socket says it, such as that the interface is down
     */
    @Nullable
    PacketFrame next() throws IOException;

    /** The thread that has asked for frames will not any more, but it may still release some: another one may ask. */
    default void leaveThread() {}

    /**
     * Lets go of all memory as soon as nobody can see it any more. Nothing may be asked for after this.
     *
     * @param then run once that is done: at once, or by another thread later
     */
    void close(Runnable then);
}
