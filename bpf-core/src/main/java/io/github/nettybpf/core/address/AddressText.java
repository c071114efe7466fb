package io.github.nettybpf.core.address;

/**
 * Reads one address, without asking the resolver for names, and without numbers that two systems may read as different
 * addresses, such as 010.0.0.1 or 10.1. An IPv4 address is put into the highest 32 bits of 128; one that is v4-mapped is
 * an IPv4 address. Not thread-safe.
 *
 * <p>Source: RFC 4291 section 2.2, RFC 6943 section 3.1.1.
 */
final class AddressText {
    private static final int GROUPS = 8;

    private final int[] groups = new int[GROUPS];
    private boolean isIpv4;
    private long high;
    private long low;

    /**
     * {@return whether the text is an address}
     *
     * @param isPadded whether numbers of a dotted address may begin with 0: all are decimal
     */
    boolean read(CharSequence text, boolean isPadded) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) == ':') {
                return readIpv6(text);
            }
        }
        long number = ipv4(text, 0, isPadded);
        isIpv4 = true;
        high = number << 32;
        low = 0;
        return number >= 0;
    }

    boolean isIpv4() {
        return isIpv4;
    }

    long high() {
        return high;
    }

    long low() {
        return low;
    }

    /** {@return the number of the dotted address that is the rest of the text, or -1 if it is none} */
    private static long ipv4(CharSequence text, int from, boolean isPadded) {
        long number = 0;
        int at = from;
        for (int part = 0; part < 4; part++) {
            if (part > 0 && (at == text.length() || text.charAt(at++) != '.')) {
                return -1;
            }
            int begin = at;
            int value = 0;
            while (at < text.length() && at - begin < 3 && isDigit(text.charAt(at))) {
                value = 10 * value + text.charAt(at++) - '0';
            }
            boolean isAmbiguous = !isPadded && at - begin > 1 && text.charAt(begin) == '0';
            if (at == begin || value > 255 || isAmbiguous) {
                return -1;
            }
            number = number << 8 | value;
        }
        return at == text.length() ? number : -1;
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    private boolean readIpv6(CharSequence text) {
        int count = 0;
        int gap = -1;
        int at = 0;
        if (text.length() >= 2 && text.charAt(0) == ':' && text.charAt(1) == ':') {
            gap = 0;
            at = 2;
        }
        while (at < text.length()) {
            if (count == GROUPS) {
                return false;
            }
            int end = endOfDigits(text, at);
            if (end < text.length() && text.charAt(end) == '.') {
                long number = ipv4(text, at, false);
                if (number < 0 || count > GROUPS - 2) {
                    return false;
                }
                groups[count++] = (int) (number >>> 16);
                groups[count++] = (int) number & 0xffff;
                at = text.length();
            } else {
                if (end == at || end - at > 4) {
                    return false;
                }
                groups[count++] = Integer.parseInt(text, at, end, 16);
                at = end;
                if (at < text.length()) {
                    if (text.charAt(at++) != ':' || at == text.length()) {
                        return false;
                    }
                    if (text.charAt(at) == ':') {
                        if (gap >= 0) {
                            return false;
                        }
                        gap = count;
                        at++;
                    }
                }
            }
        }
        return gap < 0 ? count == GROUPS && set(count, count) : count < GROUPS && set(gap, count);
    }

    private static int endOfDigits(CharSequence text, int from) {
        int end = from;
        while (end < text.length() && isHexDigit(text.charAt(end))) {
            end++;
        }
        return end;
    }

    private static boolean isHexDigit(char c) {
        return isDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    }

    /** Takes the groups; zeros are put in where the text has two colons. */
    private boolean set(int gap, int count) {
        long[] halves = new long[2];
        for (int group = 0; group < GROUPS; group++) {
            int skipped = GROUPS - count;
            int value = group < gap ? groups[group] : group < gap + skipped ? 0 : groups[group - skipped];
            halves[group / 4] = halves[group / 4] << 16 | value;
        }
        isIpv4 = isMapped(halves[0], halves[1]);
        high = isIpv4 ? halves[1] << 32 : halves[0];
        low = isIpv4 ? 0 : halves[1];
        return true;
    }

    /** Takes an address that need not be read. */
    void set(long highHalf, long lowHalf, boolean is4) {
        isIpv4 = is4;
        high = highHalf;
        low = lowHalf;
    }

    /** {@return whether an IPv6 address is one of ::ffff:0:0/96, which stand for IPv4 addresses} */
    static boolean isMapped(long high, long low) {
        return high == 0 && low >>> 32 == 0xffff;
    }
}
