package io.github.nettybpf.tools.capture;

import java.io.IOException;

/** A capture that is damaged, cut off, or none. The packets before that place have been delivered. */
public final class CaptureException extends IOException {
    private static final long serialVersionUID = 1L;

    private final long offset;

    CaptureException(long offset, String problem) {
        super("byte " + offset + ": " + problem);
        this.offset = offset;
    }

    /** {@return where the problem is, in bytes from the beginning}; of a gzipped capture, in what was unpacked. */
    public long offset() {
        return offset;
    }
}
