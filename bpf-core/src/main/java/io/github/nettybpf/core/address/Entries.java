package io.github.nettybpf.core.address;

import java.io.IOException;
import java.io.Reader;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.nio.ByteBuffer;

/**
 * Reads entries, one a line: an address, a prefix, or a range. What follows # or ; is a comment. Not thread-safe.
 */
final class Entries {
    /** More than any entry with a comment; a file that is no list is refused before it fills the memory. */
    private static final int LONGEST_LINE = 8192;

    private static final String EXPECTED =
            " (expected: an address, a prefix such as 10.0.0.0/8, or a range such as 10.0.0.1-10.0.0.9)";

    private final RangeList ipv4 = new RangeList();
    private final RangeList ipv6 = new RangeList();
    private final AddressText address = new AddressText();
    private final int most;
    private int line;

    /**
     * No entries yet.
     *
     * @param most how many there may be
     */
    Entries(int most) {
        this.most = most;
    }

    RangeList ipv4() {
        return ipv4;
    }

    RangeList ipv6() {
        return ipv6;
    }

    /** Reads a text of lines. */
    void read(String text) {
        try {
            read(new StringReader(text));
        } catch (IOException e) {
            throw new UncheckedIOException(e); // not reached: a string can be read
        }
    }

    /**
     * Reads all lines.
     *
     * @throws AddressSetException at the first line that is no entry
     */
    void read(Reader reader) throws IOException {
        StringBuilder current = new StringBuilder();
        char[] buffer = new char[LONGEST_LINE];
        line = 1;
        int first = 0;
        for (int count = reader.read(buffer); count >= 0; count = reader.read(buffer)) {
            int from = first == 0 && count > 0 && buffer[0] == '\ufeff' ? 1 : 0; // a byte order mark
            first += count;
            for (int at = from; at < count; at++) {
                if (buffer[at] == '\n') {
                    readLine(current.append(buffer, from, at - from));
                    current.setLength(0);
                    from = at + 1;
                    line++;
                }
            }
            current.append(buffer, from, count - from);
            if (current.length() > LONGEST_LINE) {
                throw new AddressSetException(line, "more than " + LONGEST_LINE + " characters" + EXPECTED);
            }
        }
        readLine(current);
    }

    private void readLine(CharSequence text) {
        int from = 0;
        int to = 0;
        while (to < text.length() && text.charAt(to) != '#' && text.charAt(to) != ';') {
            to++;
        }
        while (from < to && isBlank(text.charAt(from))) {
            from++;
        }
        while (from < to && isBlank(text.charAt(to - 1))) {
            to--;
        }
        if (from < to) {
            add(text.subSequence(from, to));
        }
    }

    private static boolean isBlank(char c) {
        return c == ' ' || c == '\t' || c == '\r';
    }

    private void add(CharSequence entry) {
        if (isFull()) {
            throw new AddressSetException(line, "entry number " + (most + 1) + " (expected: at most " + most + ")");
        }
        int slash = indexOf(entry, '/');
        int dash = indexOf(entry, '-');
        if (slash >= 0) {
            addPrefix(entry, slash);
        } else if (dash >= 0) {
            addRange(entry, dash);
        } else {
            readAddress(entry, entry);
            addPrefix(address.isIpv4() ? 32 : 128);
        }
    }

    private static int indexOf(CharSequence text, char c) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) == c) {
                return i;
            }
        }
        return -1;
    }

    private boolean isFull() {
        return ipv4.size() + ipv6.size() == most;
    }

    private void requireRoom() {
        if (isFull()) {
            throw new IllegalArgumentException("entry number " + (most + 1) + " (expected: at most " + most + ")");
        }
    }

    /** Adds the addresses of a prefix; bits of its address after the prefix do not matter. */
    void add(AddressPrefix prefix) {
        requireRoom();
        take(prefix.address());
        addPrefix(prefix.length());
    }

    /** Adds the addresses from one to another. */
    void addRange(InetAddress first, InetAddress last) {
        requireRoom();
        take(first);
        boolean isIpv4 = address.isIpv4();
        long high = address.high();
        long low = address.low();
        take(last);
        if (!addRange(isIpv4, high, low, address.isIpv4(), address.high(), address.low())) {
            throw new IllegalArgumentException("range " + first.getHostAddress() + "-" + last.getHostAddress()
                    + " (expected: two addresses of one kind, the lower one first)");
        }
    }

    private void take(InetAddress from) {
        ByteBuffer bytes = ByteBuffer.wrap(from.getAddress());
        if (bytes.capacity() == 4) {
            address.set((long) bytes.getInt() << 32, 0, true);
        } else {
            address.set(bytes.getLong(), bytes.getLong(), false);
        }
    }

    private void readAddress(CharSequence text, CharSequence entry) {
        if (!address.read(text)) {
            throw refused(entry, EXPECTED);
        }
    }

    private AddressSetException refused(CharSequence entry, String expected) {
        return new AddressSetException(line, "'" + entry + "'" + expected);
    }

    private void addPrefix(CharSequence entry, int slash) {
        CharSequence before = entry.subSequence(0, slash);
        readAddress(before, entry);
        // ::ffff:10.0.0.0/104 is 10.0.0.0/8.
        int mapped = address.isIpv4() && indexOf(before, ':') >= 0 ? 96 : 0;
        int most = mapped > 0 || !address.isIpv4() ? 128 : 32;
        int length = number(entry, slash + 1);
        if (length < mapped || length > most) {
            throw refused(entry, " (expected: a prefix length of " + mapped + ".." + most + ")");
        }
        length -= mapped;
        long high = address.high() & highMask(length);
        long low = address.low() & lowMask(length);
        if (high != address.high() || low != address.low()) {
            throw refused(
                    entry,
                    " (expected: an address whose bits after the prefix are 0, as "
                            + RangeWalk.prefix(high, low, length, address.isIpv4()) + ")");
        }
        addPrefix(length);
    }

    /** {@return the number that is the rest of the text, or -1 if it is none of up to three digits} */
    private static int number(CharSequence text, int from) {
        int digits = text.length() - from;
        if (digits < 1 || digits > 3 || (digits > 1 && text.charAt(from) == '0')) {
            return -1;
        }
        int number = 0;
        for (int at = from; at < text.length(); at++) {
            int digit = text.charAt(at) - '0';
            if (digit < 0 || digit > 9) {
                return -1;
            }
            number = 10 * number + digit;
        }
        return number;
    }

    static long highMask(int length) {
        return length == 0 ? 0 : length >= 64 ? -1 : -1L << (64 - length);
    }

    static long lowMask(int length) {
        return length <= 64 ? 0 : -1L << (128 - length);
    }

    private void addPrefix(int length) {
        long high = address.high();
        long low = address.low();
        (address.isIpv4() ? ipv4 : ipv6)
                .add(high & highMask(length), low & lowMask(length), high | ~highMask(length), low | ~lowMask(length));
    }

    private void addRange(CharSequence entry, int dash) {
        readAddress(trimmed(entry, 0, dash), entry);
        boolean isIpv4 = address.isIpv4();
        long high = address.high();
        long low = address.low();
        readAddress(trimmed(entry, dash + 1, entry.length()), entry);
        if (!addRange(isIpv4, high, low, address.isIpv4(), address.high(), address.low())) {
            throw refused(entry, " (expected: two addresses of one kind, the lower one first)");
        }
    }

    /** {@return whether it is a range of addresses} If it is, it is added. */
    private boolean addRange(
            boolean isIpv4, long firstHigh, long firstLow, boolean isLastIpv4, long lastHigh, long lastLow) {
        int order = Long.compareUnsigned(firstHigh, lastHigh);
        if (isIpv4 != isLastIpv4 || (order == 0 ? Long.compareUnsigned(firstLow, lastLow) : order) > 0) {
            return false;
        }
        if (isIpv4) {
            ipv4.add(firstHigh, 0, lastHigh | 0xffffffffL, -1);
        } else {
            ipv6.add(firstHigh, firstLow, lastHigh, lastLow);
        }
        return true;
    }

    private static CharSequence trimmed(CharSequence text, int start, int end) {
        int from = start;
        int to = end;
        while (from < to && isBlank(text.charAt(from))) {
            from++;
        }
        while (from < to && isBlank(text.charAt(to - 1))) {
            to--;
        }
        return text.subSequence(from, to);
    }
}
