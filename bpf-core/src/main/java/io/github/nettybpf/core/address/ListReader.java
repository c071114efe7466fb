package io.github.nettybpf.core.address;

import java.io.IOException;
import java.io.Reader;
import java.io.StringReader;
import java.io.UncheckedIOException;

/** Reads the lines of a list, and the entries that its format finds in them. Not thread-safe. */
final class ListReader {
    /** What an address, a prefix or a range is expected to be. */
    static final String ENTRY = "an address, a prefix such as 10.0.0.0/8, or a range such as 10.0.0.1-10.0.0.9";

    /** More than any entry with a comment; a file that is no list is refused before it fills the memory. */
    private static final int LONGEST_LINE = 8192;

    /** Of a longer text only the beginning is repeated in a message. */
    private static final int LONGEST_TEXT = 100;

    /** Bits after a prefix are cleared only from this length on: 10.0.0.1/0 is hardly meant to be all addresses. */
    private static final int SHORTEST_CLEARED = 8;

    private final Entries entries;
    private final AddressListFormat format;
    private final AddressText address = new AddressText();
    private int line;

    ListReader(Entries entries, AddressListFormat format) {
        this.entries = entries;
        this.format = format;
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
     * @throws AddressSetException at the first line that is not of the format
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
                throw new AddressSetException(
                        line, "more than " + LONGEST_LINE + " characters (expected: " + format.expected() + ")");
            }
        }
        readLine(current);
    }

    private void readLine(CharSequence text) {
        CharSequence trimmed = trimmed(text, 0, text.length());
        if (trimmed.length() > 0) {
            format.read(trimmed.toString(), this);
        }
    }

    static boolean isBlank(char c) {
        return c == ' ' || c == '\t' || c == '\r';
    }

    /** {@return a part of a text without blanks around it} */
    static CharSequence trimmed(CharSequence text, int start, int end) {
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

    /** {@return the exception for a text that should be something else} */
    AddressSetException refused(CharSequence text, String expected) {
        String shown = text.length() <= LONGEST_TEXT ? text.toString() : text.subSequence(0, LONGEST_TEXT) + "...";
        return new AddressSetException(line, "'" + shown + "' (expected: " + expected + ")");
    }

    private void requireRoom() {
        if (entries.isFull()) {
            int most = entries.most();
            throw new AddressSetException(line, "entry number " + (most + 1) + " (expected: at most " + most + ")");
        }
    }

    /** {@return whether a text is an address} */
    boolean isAddress(CharSequence text) {
        return address.read(text, false);
    }

    /**
     * Adds an address, a prefix or a range.
     *
     * @param isCleared whether bits after a prefix may be 1
     */
    void add(String entry, boolean isCleared) {
        requireRoom();
        int slash = entry.indexOf('/');
        int dash = entry.indexOf('-');
        if (slash >= 0) {
            addPrefix(entry, slash, isCleared);
        } else if (dash >= 0) {
            addRange(trimmed(entry, 0, dash), trimmed(entry, dash + 1, entry.length()), false, entry);
        } else {
            requireAddress(entry, false, entry);
            entries.addPrefix(address, address.isIpv4() ? 32 : 128);
        }
    }

    private void requireAddress(CharSequence text, boolean isPadded, CharSequence entry) {
        if (!address.read(text, isPadded)) {
            throw refused(entry, format.expected());
        }
    }

    private void addPrefix(String entry, int slash, boolean isCleared) {
        String before = entry.substring(0, slash);
        requireAddress(before, false, entry);
        // ::ffff:10.0.0.0/104 is 10.0.0.0/8.
        int mapped = address.isIpv4() && before.indexOf(':') >= 0 ? 96 : 0;
        int most = mapped > 0 || !address.isIpv4() ? 128 : 32;
        int length = number(entry, slash + 1, false);
        if (length < mapped || length > most) {
            throw refused(entry, "a prefix length of " + mapped + ".." + most);
        }
        length -= mapped;
        long high = address.high() & Entries.highMask(length);
        long low = address.low() & Entries.lowMask(length);
        boolean isExact = high == address.high() && low == address.low();
        if (!isExact && !(isCleared && length >= SHORTEST_CLEARED)) {
            throw refused(
                    entry,
                    "an address whose bits after the prefix are 0, as "
                            + RangeWalk.prefix(high, low, length, address.isIpv4()));
        }
        entries.addPrefix(address, length);
    }

    /**
     * {@return the number that is the rest of a text, or -1 if it is none of up to three digits}
     *
     * @param isPadded whether it may begin with 0 that does not count
     */
    static int number(CharSequence text, int from, boolean isPadded) {
        int digits = text.length() - from;
        if (digits < 1 || digits > 3 || (!isPadded && digits > 1 && text.charAt(from) == '0')) {
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

    /**
     * Adds a range.
     *
     * @param isPadded whether numbers of IPv4 addresses may begin with 0: all are decimal
     * @param entry what a message repeats
     */
    void addRange(CharSequence first, CharSequence last, boolean isPadded, String entry) {
        requireRoom();
        requireAddress(first, isPadded, entry);
        boolean isIpv4 = address.isIpv4();
        long high = address.high();
        long low = address.low();
        requireAddress(last, isPadded, entry);
        if (!entries.addRange(isIpv4, high, low, address)) {
            throw refused(entry, "two addresses of one kind, the lower one first");
        }
    }

    /**
     * Adds the IPv4 addresses whose first bits are those of one, as many as a mask has.
     *
     * @param entry what a message repeats
     */
    void addMasked(String network, String mask, String entry) {
        requireRoom();
        requireAddress(mask, false, entry);
        long bits = address.high() >>> 32;
        int length = Long.bitCount(bits);
        boolean isMask = address.isIpv4() && bits == (Entries.highMask(length) >>> 32);
        requireAddress(network, false, entry);
        if (!isMask || !address.isIpv4()) {
            throw refused(entry, "an IPv4 network and a mask such as 255.255.255.0");
        } else if ((address.high() & ~Entries.highMask(length)) != 0) {
            throw refused(
                    entry,
                    "an address whose bits after the mask are 0, as "
                            + RangeWalk.prefix(address.high() & Entries.highMask(length), 0, length, true));
        }
        entries.addPrefix(address, length);
    }
}
