package io.github.nettybpf.packet.kernel;

import io.netty.channel.unix.Errors.NativeIoException;
import java.io.IOException;

/** The failure of a system call: what was to be done, the C library's text of the error, and its number. */
public final class KernelException extends IOException {
    private static final long serialVersionUID = 1L;

    private final int errno;

    /**
     * Creates the failure of a call.
     *
     * @param what what failed, the beginning of the message
     * @param negativeErrno the result of the call: the negative errno
     */
    public KernelException(String what, int negativeErrno) {
        super(what + ": " + text(negativeErrno) + " (errno " + -negativeErrno + ")");
        this.errno = -negativeErrno;
    }

    /** {@return the positive errno} */
    public int errno() {
        return errno;
    }

    /** {@return the C library's text, which Netty's exception has after the call and the number} */
    private static String text(int negativeErrno) {
        String described = String.valueOf(new NativeIoException("", negativeErrno).getMessage());
        return described.substring(described.indexOf(": ") + 2);
    }
}
