package io.github.nettybpf.examples;

import java.nio.charset.StandardCharsets;

/** Escapes untrusted text for a terminal. */
final class Printable {
    private static final int LONGEST = 64;

    private Printable() {}

    static String quoted(String text) {
        return quoted(text.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * {@return the bytes as text in quotes} Bytes that are not printable ASCII become {@code \xNN}; at most 64 bytes
     * are shown.
     */
    static String quoted(byte[] bytes) {
        StringBuilder text = new StringBuilder("\"");
        for (int i = 0; i < bytes.length && i < LONGEST; i++) {
            int octet = bytes[i] & 0xff;
            if (octet == '"' || octet == '\\') {
                text.append('\\').append((char) octet);
            } else if (octet >= ' ' && octet <= '~') {
                text.append((char) octet);
            } else {
                text.append("\\x");
                text.append(Character.forDigit(octet >>> 4, 16)).append(Character.forDigit(octet & 15, 16));
            }
        }
        text.append('"');
        return bytes.length > LONGEST ? text + "... (" + bytes.length + " bytes)" : text.toString();
    }
}
