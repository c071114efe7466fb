package io.github.nettybpf.examples;

/** A packet is not what its headers promise. The message says where, what was there, and what was expected. */
final class MalformedPacketException extends Exception {
    private static final long serialVersionUID = 1;

    /** Without a stack trace: whoever sends junk decides how often this happens. */
    MalformedPacketException(String message) {
        super(message, null, false, false);
    }
}
