package io.github.nettybpf.core.address;

import java.util.List;
import java.util.Locale;

/**
 * How the lines of a list of addresses are written. The format of a list is never guessed: a line that is not of the
 * format refuses the list, with the line, what it has and what was expected.
 *
 * <p>In all formats lines end with LF or CR LF, the last one may have no end; blanks and tabs around a line, lines
 * without anything else and a byte order mark are skipped. Entries may overlap, come twice, and in any order. IPv6
 * addresses may be written in capitals. Nothing but addresses has to be in UTF-8.
 */
public enum AddressListFormat {
    /**
     * A line is an address, a prefix or a range ({@code 192.0.2.1}, {@code 2001:db8::/32}, {@code 192.0.2.1 -
     * 192.0.2.9}). What follows {@code #} or {@code ;} is a comment. Bits of a prefix's address after the prefix have to
     * be 0, and numbers must not begin with 0: systems read {@code 010.0.0.1} as different addresses.
     *
     * <p>So are the lists of Spamhaus (DROP), FireHOL (.netset and .ipset) and Team Cymru (fullbogons) written, and the
     * ranges of most clouds.
     */
    PLAIN(ListReader.ENTRY) {
        @Override
        void read(String line, ListReader reader) {
            String entry = beforeComment(line);
            if (!entry.isEmpty()) {
                reader.add(entry, false);
            }
        }
    },

    /**
     * A line begins with an address, a prefix or a range as in {@link #PLAIN}; other columns may follow it after a blank,
     * a tab or a comma, and are skipped ({@code 192.0.2.1 # Malicious Host}, {@code 192.0.2.1<TAB>9}, {@code
     * 192.0.2.0/24,DE,Berlin}). Lines that begin with {@code //} are comments, too.
     *
     * <p>Such lists are less careful. Of a prefix of at least 8 bits, bits after it are taken as 0 ({@code
     * 192.0.2.7/24}), as by ipset and iptables; a zone is no part of an address, and skipped ({@code fe80::1%eth0}). A
     * line whose second column is an address is refused: it may be the end of a range ({@link #DSHIELD}). So is a single
     * address of 127.0.0.0/8, ::1, 0.0.0.0 or :: with a second column other than a comment: a hosts file lists names,
     * not the addresses that its lines begin with.
     */
    COLUMNS(ListReader.ENTRY) {
        @Override
        void read(String line, ListReader reader) {
            String text = beforeComment(line);
            if (text.isEmpty() || text.startsWith("//")) {
                return;
            }
            if (isSeparator(text.charAt(0))) {
                throw reader.refused(line, expected());
            }
            int end = endOfEntry(text);
            String entry = text.substring(0, end);
            int next = afterSeparators(text, end);
            if (next < text.length()) {
                if (isOfHostsFile(entry)) {
                    throw reader.refused(line, "addresses; the lines of a hosts file list names");
                } else if (reader.isAddress(text.substring(next, endOfColumn(text, next)))) {
                    throw reader.refused(line, "one entry before other columns, or the format DSHIELD");
                }
            }
            reader.add(withoutZones(entry), true);
        }

        /** A range may have blanks around its dash. */
        private static int endOfEntry(String text) {
            int end = endOfColumn(text, 0);
            int next = afterBlanks(text, end);
            if (next < text.length() && text.charAt(next) == '-') {
                return endOfColumn(text, afterBlanks(text, next + 1));
            }
            return text.charAt(end - 1) == '-' ? endOfColumn(text, next) : end;
        }

        private static boolean isOfHostsFile(String entry) {
            boolean isLoopback = entry.startsWith("127.") && entry.indexOf('/') < 0 && entry.indexOf('-') < 0;
            return isLoopback || List.of("::1", "0.0.0.0", "::").contains(entry);
        }

        private static String withoutZones(String entry) {
            return entry.indexOf('%') < 0 ? entry : entry.replaceAll("%[^/-]*", "");
        }
    },

    /**
     * A line is a list of daemons, a colon, and a list of clients (hosts.deny and hosts.allow, as described in
     * hosts_access(5)); a colon and what follows it are skipped. Daemons do not matter. Clients are separated by blanks
     * or commas: addresses, {@code 192.0.2.0/24}, {@code 192.0.2.0/255.255.255.0}, {@code 192.0.2.}, {@code
     * [2001:db8::1]} and {@code [2001:db8::]/32}. Lines that begin with {@code #} are comments.
     *
     * <p>All else is refused: names, wildcards such as ALL, EXCEPT, files, and lines that go on in the next one.
     */
    HOSTS_ACCESS("daemons, a colon and addresses, as in ALL: 192.0.2.1 192.0.2.0/255.255.255.0 [2001:db8::]/32") {
        @Override
        void read(String line, ListReader reader) {
            if (line.startsWith("#")) {
                return;
            }
            int colon = line.indexOf(':');
            if (colon < 0) {
                throw reader.refused(line, expected());
            }
            int at = afterSeparators(line, colon + 1);
            int clients = 0;
            while (at < line.length() && line.charAt(at) != ':') {
                int end = at;
                boolean isInBrackets = false;
                while (end < line.length()
                        && !isSeparator(line.charAt(end))
                        && (isInBrackets || line.charAt(end) != ':')) {
                    isInBrackets = line.charAt(end) == '[' || (isInBrackets && line.charAt(end) != ']');
                    end++;
                }
                addClient(line.substring(at, end), reader);
                clients++;
                at = afterSeparators(line, end);
            }
            if (clients == 0) {
                throw reader.refused(line, expected());
            }
        }

        private void addClient(String client, ListReader reader) {
            int slash = client.indexOf('/');
            int bracket = client.indexOf(']');
            if (client.startsWith("[") && bracket > 0) {
                String address = client.substring(1, bracket);
                if (address.indexOf('/') >= 0 || !(bracket + 1 == client.length() || slash == bracket + 1)) {
                    throw reader.refused(client, expected());
                }
                reader.add(address + client.substring(bracket + 1), false);
            } else if (client.endsWith(".") && slash < 0) {
                int fields = (int) client.chars().filter(c -> c == '.').count();
                String network = client + "0.0.0".substring(Math.min(5, 2 * fields - 2));
                if (!reader.isAddress(network)) {
                    throw reader.refused(client, expected());
                }
                reader.add(network + "/" + 8 * fields, false);
            } else if (slash >= 0 && client.indexOf('.', slash) >= 0) {
                reader.addMasked(client.substring(0, slash), client.substring(slash + 1), client);
            } else if (client.indexOf('-') >= 0) {
                throw reader.refused(client, expected());
            } else {
                reader.add(client, false);
            }
        }
    },

    /**
     * The format of eMule's ipfilter.dat: a range, a level and a description, separated by commas ({@code
     * 001.002.003.000 - 001.002.003.255 , 000 , Some Org}); instead of the dash there may be a comma, too. Numbers are
     * decimal, also if they begin with 0. A range is listed if its level is below 127, or if it has none; others are
     * ranges that eMule admits, and skipped. Lines that begin with {@code #} or {@code /} are comments.
     */
    IPFILTER_DAT("a range, a level and a description, as in 001.002.003.000 - 001.002.003.255 , 000 , text") {
        @Override
        void read(String line, ListReader reader) {
            if (line.startsWith("#") || line.startsWith("/")) {
                return;
            }
            String[] columns = line.split(",", 4);
            int dash = columns[0].indexOf('-');
            if (dash < 0 && columns.length == 1) {
                throw reader.refused(line, expected());
            }
            int at = dash < 0 ? 2 : 1;
            CharSequence first = ListReader.trimmed(columns[0], 0, dash < 0 ? columns[0].length() : dash);
            CharSequence last = dash < 0
                    ? ListReader.trimmed(columns[1], 0, columns[1].length())
                    : ListReader.trimmed(columns[0], dash + 1, columns[0].length());
            if (at < columns.length) {
                CharSequence level = ListReader.trimmed(columns[at], 0, columns[at].length());
                int number = ListReader.number(level, 0, true);
                if (number < 0 || number > 255) {
                    throw reader.refused(line, "a level of 0..255 after the range");
                } else if (number >= ADMITTED) {
                    return;
                }
            }
            reader.addRange(first, last, true, line);
        }
    },

    /**
     * The text format of PeerGuardian (.p2p): a name, a colon and a range of IPv4 addresses ({@code Some
     * Org:192.0.2.0-192.0.2.255}). A name may have colons. Numbers are decimal, also if they begin with 0. Lines that
     * begin with {@code #} are comments.
     */
    P2P("a name, a colon and a range, as in Some Org:192.0.2.0-192.0.2.255") {
        @Override
        void read(String line, ListReader reader) {
            if (line.startsWith("#")) {
                return;
            }
            int colon = line.lastIndexOf(':');
            int dash = line.indexOf('-', colon + 1);
            if (colon < 0 || dash < 0) {
                throw reader.refused(line, expected());
            }
            reader.addRange(
                    ListReader.trimmed(line, colon + 1, dash),
                    ListReader.trimmed(line, dash + 1, line.length()),
                    true,
                    line);
        }
    },

    /**
     * The format of DShield's block list: the first and the last address, then other columns, separated by tabs ({@code
     * 192.0.2.0<TAB>192.0.2.255<TAB>24<TAB>...}). Numbers are decimal, also if they begin with 0. Lines that begin with
     * {@code #} are comments, and the titles of the columns, which begin with {@code Start<TAB>End}, are skipped.
     */
    DSHIELD("the first and the last address, and other columns after tabs, as in 192.0.2.0<TAB>192.0.2.255<TAB>24") {
        @Override
        void read(String line, ListReader reader) {
            if (line.startsWith("#") || line.toLowerCase(Locale.ROOT).startsWith("start\tend")) {
                return;
            }
            String[] columns = line.split("\t", 3);
            if (columns.length < 2) {
                throw reader.refused(line, expected());
            }
            reader.addRange(
                    ListReader.trimmed(columns[0], 0, columns[0].length()),
                    ListReader.trimmed(columns[1], 0, columns[1].length()),
                    true,
                    line);
        }
    };

    /** Ranges of this level and above are admitted by eMule, unless it is told otherwise. */
    private static final int ADMITTED = 127;

    private final String expected;

    AddressListFormat(String expected) {
        this.expected = expected;
    }

    /** {@return what a line is expected to be, for messages} */
    String expected() {
        return expected;
    }

    /**
     * Reads a line.
     *
     * @param line without blanks around it; not empty
     * @param reader takes its entries
     * @throws AddressSetException if it is not of the format
     */
    abstract void read(String line, ListReader reader);

    private static String beforeComment(String line) {
        int end = 0;
        while (end < line.length() && line.charAt(end) != '#' && line.charAt(end) != ';') {
            end++;
        }
        return end == line.length() ? line : ListReader.trimmed(line, 0, end).toString();
    }

    private static boolean isSeparator(char c) {
        return c == ',' || ListReader.isBlank(c);
    }

    private static int endOfColumn(String text, int from) {
        int end = from;
        while (end < text.length() && !isSeparator(text.charAt(end))) {
            end++;
        }
        return end;
    }

    private static int afterSeparators(String text, int from) {
        int at = from;
        while (at < text.length() && isSeparator(text.charAt(at))) {
            at++;
        }
        return at;
    }

    private static int afterBlanks(String text, int from) {
        int at = from;
        while (at < text.length() && ListReader.isBlank(text.charAt(at))) {
            at++;
        }
        return at;
    }
}
