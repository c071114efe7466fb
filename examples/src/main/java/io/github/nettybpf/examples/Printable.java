package io.github.nettybpf.examples;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Escapes untrusted text for a terminal. */
final class Printable {
    private static final int LONGEST = 64;

    private Printable() {}

    static String quoted(String text) {
        return quoted(text.getBytes(StandardCharsets.UTF_8));
    }

    /** {@return the bytes in quotes, with escapes} */
    static String quoted(byte[] bytes) {
        String more = bytes.length > LONGEST ? "... (" + bytes.length + " bytes)" : "";
        return '"' + escaped(Arrays.copyOf(bytes, Math.min(LONGEST, bytes.length))) + '"' + more;
    }

    /**
     * {@return the bytes as text, in which those that are not printable ASCII are {@code \xNN}, and quotes and
     * backslashes follow a backslash}
     */
    static String escaped(byte[] bytes) {
        StringBuilder text = new StringBuilder();
        for (byte each : bytes) {
            int octet = each & 0xff;
            if (octet == '"' || octet == '\\') {
                text.append('\\').append((char) octet);
            } else if (octet >= ' ' && octet <= '~') {
                text.append((char) octet);
            } else {
                text.append("\\x");
                text.append(Character.forDigit(octet >>> 4, 16)).append(Character.forDigit(octet & 15, 16));
            }
        }
        return text.toString();
    }
}
