package io.github.nettybpf.expression.parse;

import org.jspecify.annotations.Nullable;

/** Parses addresses. */
final class AddressParser {
    private AddressParser() {}

    /**
     * {@return {@code address << 8 | bits} of an IPv4 address, or -1 if a number is above 255} An address of fewer than
     * four numbers ends in zeros; {@code bits} says how long the numbers are.
     */
    static long ipv4(String text) {
        String[] parts = text.split("\\.", -1);
        long address = 0;
        for (String part : parts) {
            int value = part.length() > 9 ? 256 : Integer.parseInt(part);
            if (value > 255) {
                return -1;
            }
            address = (address << 8) | value;
        }
        int bits = 8 * parts.length;
        return (address << (32 - bits)) << 8 | bits;
    }

    /** {@return the six bytes of a hardware address, whatever its notation} */
    static long mac(String text) {
        String[] parts = text.split("[-:.]", -1);
        if (parts.length == 6) {
            long address = 0;
            for (String part : parts) {
                address = (address << 8) | Integer.parseInt(part, 16);
            }
            return address;
        }
        return Long.parseLong(text.replace(".", ""), 16);
    }

    /** {@return the two halves of an IPv6 address, or null if the text is not one} */
    static long @Nullable [] ipv6(String text) {
        int gap = text.indexOf("::");
        if (gap < 0) {
            int[] words = words(text);
            return words == null || words.length != 8 ? null : halves(words, new int[0]);
        }
        int[] before = words(text.substring(0, gap));
        int[] after = words(text.substring(gap + 2));
        if (before == null || after == null || before.length + after.length > 7) {
            return null;
        }
        return halves(before, after);
    }

    private static long[] halves(int[] before, int[] after) {
        long[] halves = new long[2];
        for (int i = 0; i < before.length; i++) {
            halves[i / 4] |= (long) before[i] << (48 - 16 * (i % 4));
        }
        for (int i = 0; i < after.length; i++) {
            int place = 8 - after.length + i;
            halves[place / 4] |= (long) after[i] << (48 - 16 * (place % 4));
        }
        return halves;
    }

    private static int @Nullable [] words(String text) {
        if (text.isEmpty()) {
            return new int[0];
        }
        String[] parts = text.split(":", -1);
        String last = parts[parts.length - 1];
        boolean dotted = last.indexOf('.') >= 0;
        int[] words = new int[parts.length + (dotted ? 1 : 0)];
        for (int i = 0; i < parts.length - (dotted ? 1 : 0); i++) {
            if (parts[i].isEmpty() || parts[i].length() > 4 || parts[i].indexOf('.') >= 0) {
                return null;
            }
            words[i] = Integer.parseInt(parts[i], 16);
        }
        if (dotted) {
            if (!last.matches("[0-9]{1,3}(\\.[0-9]{1,3}){3}") || ipv4(last) < 0) {
                return null;
            }
            long address = ipv4(last) >>> 8;
            words[parts.length - 1] = (int) (address >>> 16);
            words[parts.length] = (int) (address & 0xffff);
        }
        return words;
    }
}
