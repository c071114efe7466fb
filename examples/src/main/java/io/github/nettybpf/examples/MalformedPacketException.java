package io.github.nettybpf.examples;

/** A packet contradicts its headers or its protocol. The message says where, what was found, and what was expected. */
final class MalformedPacketException extends Exception {
    private static final long serialVersionUID = 1;

    /** Has no stack trace, because senders of junk decide how often it is thrown. */
    MalformedPacketException(String message) {
        super(message, null, false, false);
    }
}
