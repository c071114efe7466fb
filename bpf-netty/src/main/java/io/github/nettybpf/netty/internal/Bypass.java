package io.github.nettybpf.netty.internal;

import io.netty.util.AttributeKey;

/**
 * A channel's way past a filter handler that has nothing to do, as the kernel filters: what the pipeline itself needs to
 * come to a handler and away from it is more than the handler does. On the event loop.
 */
@FunctionalInterface
public interface Bypass {
    /** Where the handler leaves it, and the channel finds it. */
    AttributeKey<Bypass> KEY = AttributeKey.valueOf(Bypass.class, "KEY");

    /**
     * {@return whether the message was handed to what comes behind the handler}; if not, it belongs at the pipeline's head.
     *
     * @param message what the channel received
     */
    boolean handOn(Object message);
}
