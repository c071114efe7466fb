package io.github.nettybpf.tools.capture;

import java.io.IOException;

/** A file is no capture, or the capture is damaged or cut off. The packets before the damage have been delivered. */
public final class CaptureException extends IOException {
    private static final long serialVersionUID = 1L;

    private final long offset;

    CaptureException(long offset, String problem) {
        super("byte " + offset + ": " + problem);
        this.offset = offset;
    }

    /** {@return the byte offset of the problem, in a compressed capture of the decompressed data} */
    public long offset() {
        return offset;
    }
}
