package io.github.nettybpf.netty;

import io.netty.channel.ChannelException;
import org.jspecify.annotations.Nullable;

/** Thrown when a socket does not take a filter, or does not give it back. */
public final class SocketFilterException extends ChannelException {
    private static final long serialVersionUID = 1L;

    /** What went wrong. */
    public enum Reason {
        /** The channel has no socket that takes filters: not Linux, or a transport other than epoll and io_uring. */
        UNSUPPORTED,
        /** The channel is closed. */
        CLOSED,
        /** The process may not do it (EPERM, and the filter is not locked). */
        PERMISSION,
        /** The filter is locked: it can be neither replaced nor detached. */
        LOCKED,
        /** The socket's option memory is full (ENOMEM): see net.core.optmem_max. */
        NO_MEMORY,
        /** The kernel refuses the program (EINVAL). */
        REFUSED,
        /** There is no filter to detach (ENOENT). */
        NOT_ATTACHED,
        /** The kernel reported success, but what is read back is not the program. */
        NOT_INSTALLED,
        /** The program cannot run in the kernel with the meaning that it has in the pipeline. */
        NOT_APPLICABLE,
        /** Anything else. */
        OTHER
    }

    /** What went wrong. */
    private final Reason reason;

    SocketFilterException(Reason reason, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.reason = reason;
    }

    SocketFilterException(Reason reason, String message) {
        this(reason, message, null);
    }

    /** {@return what went wrong} */
    public Reason reason() {
        return reason;
    }
}
