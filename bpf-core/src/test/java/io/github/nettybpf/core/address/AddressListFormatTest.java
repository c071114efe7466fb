package io.github.nettybpf.core.address;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class AddressListFormatTest {
    private static final String ENTRY = "an address, a prefix such as 10.0.0.0/8, or a range such as 10.0.0.1-10.0.0.9";

    private static final String TITLES = "Start\tEnd\tNetmask\tAttacks\tName\tCountry\temail\n";

    /** What lists of the format look like; all list 192.0.2.0/24 and 198.51.100.7. */
    private static String list(AddressListFormat format) {
        return switch (format) {
            case PLAIN -> """
                ; Drop List 2026/12/01
                # maintainer: nobody
                192.0.2.0/24 ; SBL1
                192.0.2.0/24
                198.51.100.7
                """;
            case COLUMNS -> """
                #Generated for no one
                // another comment
                198.51.100.7 # Malicious Host US,,40.1,-74.2

                192.0.2.0/25\t9
                192.0.2.128/25,US,US-NJ,Newark,
                """;
            case HOSTS_ACCESS -> """
                # /etc/hosts.deny: see hosts_access(5)
                ALL: 198.51.100.7
                sshd, in.ftpd : 192.0.2. , 192.0.2.0/255.255.255.128 : deny
                """;
            case IPFILTER_DAT -> """
                # RangeStart - RangeEnd , Level , Text
                // RangeStart - RangeEnd
                192.000.002.000 - 192.000.002.255 , 000 , "Some" Org [RFC5737, section 3]
                198.051.100.007 , 198.051.100.007 , 100 , Another, with a comma
                203.000.113.000 - 203.000.113.255 , 200 , admitted
                """;
            case P2P -> """
                # some blocklist
                Some Org, Inc: branch #2:192.0.2.0-192.0.2.255
                :198.51.100.7-198.51.100.7
                """;
            case DSHIELD ->
                "# Columns (tab delimited)\n" + TITLES
                        + "192.0.2.0\t192.0.2.255\t24\t9424\tSOME-AS ,\tDE\ta@example.org\n198.51.100.007\t198.51.100.007\n";
        };
    }

    private static final AddressSet LISTED = AddressSet.of("192.0.2.0/24", "198.51.100.7");

    private static String message(AddressListFormat format, String text) {
        return assertThrows(AddressSetException.class, () -> AddressSet.parse(text, format))
                .getMessage();
    }

    @ParameterizedTest
    @EnumSource
    void isReadFromAFile(AddressListFormat format, @TempDir Path folder) throws IOException {
        Path file = Files.writeString(folder.resolve("list"), list(format));
        assertEquals(LISTED, AddressSet.parse(file, format));
    }

    /** A byte order mark, CR LF, blanks around lines, lines without anything, no last end, and what is not UTF-8. */
    @ParameterizedTest
    @EnumSource
    void hasTheUsualJunk(AddressListFormat format, @TempDir Path folder) throws IOException {
        String text = "\ufeff" + list(format).replace("\n", " \t\r\n\r\n  \n ").strip();
        assertEquals(LISTED, AddressSet.parse(text, format));
        byte[] other = ("# caf\u00e9\n" + list(format)).getBytes(StandardCharsets.ISO_8859_1);
        assertEquals(LISTED, AddressSet.parse(Files.write(folder.resolve("list"), other), format));
    }

    /** All lines twice, and in the other order. */
    @ParameterizedTest
    @EnumSource
    void hasEntriesInAnyOrder(AddressListFormat format) {
        StringBuilder reversed = new StringBuilder();
        list(format).lines().forEach(line -> reversed.insert(0, line + "\n"));
        assertEquals(LISTED, AddressSet.parse(reversed + list(format), format));
    }

    @ParameterizedTest
    @EnumSource
    void hasNothingElse(AddressListFormat format) {
        for (String junk : new String[] {"<html>", "example.org", "192.0.2.256", "PK\u0003\u0004"}) {
            assertEquals(
                    "line 3: '" + junk + "' (expected: " + format.expected() + ")",
                    message(format, "\n\n" + junk + "\n" + list(format)));
        }
        assertEquals(AddressSet.EMPTY, AddressSet.parse("# nothing\n", format));
    }

    /** No list is read as that of another format, but the strict one, whose lines are in columns, too. */
    @ParameterizedTest
    @EnumSource
    void isNotTakenForAnother(AddressListFormat format) {
        for (AddressListFormat other : AddressListFormat.values()) {
            boolean isRead =
                    other == format || (format == AddressListFormat.PLAIN && other == AddressListFormat.COLUMNS);
            if (isRead) {
                assertEquals(LISTED, AddressSet.parse(list(format), other));
            } else {
                message(other, list(format));
            }
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "COLUMNS | 192.0.2.7/24 | 192.0.2.0/24",
                "COLUMNS | 10.1.2.3/8 | 10.0.0.0/8",
                "COLUMNS | 192.0.2.1-192.0.2.2,x | 192.0.2.1-192.0.2.2",
                "COLUMNS | 192.0.2.1 - 192.0.2.2 x | 192.0.2.1-192.0.2.2",
                "COLUMNS | 192.0.2.1- 192.0.2.2 | 192.0.2.1-192.0.2.2",
                "COLUMNS | 192.0.2.1 -192.0.2.2, x | 192.0.2.1-192.0.2.2",
                "COLUMNS | 192.0.2.1 , x | 192.0.2.1",
                "COLUMNS | 192.0.2.1, | 192.0.2.1",
                "COLUMNS | 192.0.2.1;x | 192.0.2.1",
                "COLUMNS | 0.0.0.0 | 0.0.0.0",
                "COLUMNS | 0.0.0.0 # unset | 0.0.0.0",
                "COLUMNS | 0.0.0.0/8,this network | 0.0.0.0/8",
                "COLUMNS | 127.0.0.0/8,loopback | 127.0.0.0/8",
                "COLUMNS | FE80::1%eth0 | fe80::1",
                "COLUMNS | fe80::1%3/64 x | fe80::/64",
                "COLUMNS | 2001:DB8::/32 x | 2001:db8::/32",
                "HOSTS_ACCESS | ALL: 10. | 10.0.0.0/8",
                "HOSTS_ACCESS | ALL: 172.16. | 172.16.0.0/16",
                "HOSTS_ACCESS | ALL: 10.0.0.0/8 | 10.0.0.0/8",
                "HOSTS_ACCESS | ALL: 192.0.2.0/255.255.254.0 | 192.0.2.0/23",
                "HOSTS_ACCESS | ALL: [2001:db8::1] : spawn x | 2001:db8::1",
                "HOSTS_ACCESS | ALL:[2001:db8::]/32,[2001:db9::]/32 | 2001:db8::-2001:db9:ffff:ffff:ffff:ffff:ffff:ffff",
                "IPFILTER_DAT | 010.000.000.008 - 010.000.000.009 , 126 , octal would be 8.0.0.8 | 10.0.0.8-10.0.0.9",
                "IPFILTER_DAT | 1.2.3.4-1.2.3.5 | 1.2.3.4-1.2.3.5",
                "IPFILTER_DAT | 1.2.3.4 , 1.2.3.5 | 1.2.3.4-1.2.3.5",
                "IPFILTER_DAT | 1.2.3.4 - 1.2.3.5,0 | 1.2.3.4-1.2.3.5",
                "IPFILTER_DAT | 2001:db8:: - 2001:db8::f , 000 , x | 2001:db8::/124",
                "P2P | x:010.0.0.8-010.0.0.9 | 10.0.0.8-10.0.0.9",
                "P2P | x: 1.2.3.4 - 1.2.3.5 | 1.2.3.4-1.2.3.5",
            })
    void takes(AddressListFormat format, String line, String entry) {
        assertEquals(AddressSet.of(entry), AddressSet.parse(line, format));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "IPFILTER_DAT | 1.2.3.4 - 1.2.3.5 , 127 , x",
                "IPFILTER_DAT | 1.2.3.4 , 1.2.3.5 , 255 , x",
                "IPFILTER_DAT | /1.2.3.4 - 1.2.3.5 , 0 , x",
                "DSHIELD | START\tEND",
            })
    void skips(AddressListFormat format, String line) {
        assertEquals(AddressSet.EMPTY, AddressSet.parse(line, format));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "PLAIN | 192.0.2.7/24 | 192.0.2.7/24 | an address whose bits after the prefix are 0, as 192.0.2.0/24",
                "PLAIN | fe80::1%eth0 | fe80::1%eth0 | -",
                "PLAIN | 192.0.2.1,192.0.2.2 | 192.0.2.1,192.0.2.2 | -",
                "COLUMNS | 10.1.2.3/0/admin.php | 10.1.2.3/0/admin.php | a prefix length of 0..32",
                "COLUMNS | 10.1.2.3/7 x | 10.1.2.3/7 | an address whose bits after the prefix are 0, as 10.0.0.0/7",
                "COLUMNS | 192.0.2.0/33 x | 192.0.2.0/33 | a prefix length of 0..32",
                "COLUMNS | 010.0.0.1 x | 010.0.0.1 | -",
                "COLUMNS | ip,country | ip | -",
                "COLUMNS | ,192.0.2.1 | ,192.0.2.1 | -",
                "COLUMNS | 192.0.2.1:80 x | 192.0.2.1:80 | -",
                "COLUMNS | '192.0.2.1|x' | '192.0.2.1|x' | -",
                "COLUMNS | 192.0.2.9-192.0.2.1 x | 192.0.2.9-192.0.2.1 | two addresses of one kind, the lower one first",
                "COLUMNS | 192.0.2.0 192.0.2.255 24 | 192.0.2.0 192.0.2.255 24 | one entry before other columns, or the format DSHIELD",
                "COLUMNS | 127.0.0.1 localhost | 127.0.0.1 localhost | addresses; the lines of a hosts file list names",
                "COLUMNS | 0.0.0.0 example.org # x | 0.0.0.0 example.org # x | addresses; the lines of a hosts file list names",
                "COLUMNS | ::1 example.org | ::1 example.org | addresses; the lines of a hosts file list names",
                "COLUMNS | :: example.org | :: example.org | addresses; the lines of a hosts file list names",
                "HOSTS_ACCESS | ALL: ALL | ALL | -",
                "HOSTS_ACCESS | ALL: .example.org | .example.org | -",
                "HOSTS_ACCESS | ALL: 192.0.2.1 EXCEPT 192.0.2.2 | EXCEPT | -",
                "HOSTS_ACCESS | ALL: /etc/bad | /etc/bad | -",
                "HOSTS_ACCESS | ALL: 192.0.2.* | 192.0.2.* | -",
                "HOSTS_ACCESS | ALL: 192.0.2.1 \\ | \\ | -",
                "HOSTS_ACCESS | ALL: | ALL: | -",
                "HOSTS_ACCESS | ALL: : deny | ALL: : deny | -",
                "HOSTS_ACCESS | ALL: 192.0.2.1-192.0.2.2 | 192.0.2.1-192.0.2.2 | -",
                "HOSTS_ACCESS | ALL: 1.2.3.4. | 1.2.3.4. | -",
                "HOSTS_ACCESS | ALL: 1..2. | 1..2. | -",
                "HOSTS_ACCESS | ALL: 2001:db8::1 | 2001 | -",
                "HOSTS_ACCESS | ALL: [2001:db8::]x/32 | [2001:db8::]x/32 | -",
                "HOSTS_ACCESS | ALL: [2001:db8::/32] | [2001:db8::/32] | -",
                "HOSTS_ACCESS | ALL: [2001:db8::1]/32 | 2001:db8::1/32 | an address whose bits after the prefix are 0, as 2001:db8:0:0:0:0:0:0/32",
                "HOSTS_ACCESS | ALL: 192.0.2.7/255.255.255.0 | 192.0.2.7/255.255.255.0 | an address whose bits after the mask are 0, as 192.0.2.0/24",
                "HOSTS_ACCESS | ALL: 192.0.2.0/255.0.255.0 | 192.0.2.0/255.0.255.0 | an IPv4 network and a mask such as 255.255.255.0",
                "HOSTS_ACCESS | ALL: 192.0.2.0/255.255.256.0 | 192.0.2.0/255.255.256.0 | -",
                "IPFILTER_DAT | 1.2.3.4 | 1.2.3.4 | -",
                "IPFILTER_DAT | 1.2.3.4 , 000 , x | 1.2.3.4 , 000 , x | a level of 0..255 after the range",
                "IPFILTER_DAT | 1.2.3.4 - 1.2.3.5 , 256 , x | 1.2.3.4 - 1.2.3.5 , 256 , x | a level of 0..255 after the range",
                "IPFILTER_DAT | 1.2.3.4 - 1.2.3.5 , x | 1.2.3.4 - 1.2.3.5 , x | a level of 0..255 after the range",
                "IPFILTER_DAT | 1.2.3.5 - 1.2.3.4 , 0 , x | 1.2.3.5 - 1.2.3.4 , 0 , x | two addresses of one kind, the lower one first",
                "IPFILTER_DAT | 001.002.003.0004 - 1.2.3.5 , 0 , x | 001.002.003.0004 - 1.2.3.5 , 0 , x | -",
                "P2P | x:1.2.3.4 | x:1.2.3.4 | -",
                "P2P | x-y:z | x-y:z | -",
                "P2P | 1.2.3.4-1.2.3.5 | 1.2.3.4-1.2.3.5 | -",
                "P2P | x:1.2.3.5-1.2.3.4 | x:1.2.3.5-1.2.3.4 | two addresses of one kind, the lower one first",
                "DSHIELD | 1.2.3.4 1.2.3.5 | 1.2.3.4 1.2.3.5 | -",
            })
    void refuses(AddressListFormat format, String line, String shown, String expected) {
        String what = expected.equals("-") ? format.expected() : expected;
        assertEquals("line 1: '" + shown + "' (expected: " + what + ")", message(format, line));
    }

    /** Whatever a line is, it is read or refused as a line of the list. */
    @ParameterizedTest
    @EnumSource
    void anyLineIsReadOrRefused(AddressListFormat format) {
        assertTrue(readLines(format, 1, 4_000) > 0);
    }

    @Test
    @Tag("soak")
    void anyLineForLong() {
        long end = System.nanoTime() + Long.getLong("soak.seconds", 60) * 1_000_000_000L;
        long seed = System.nanoTime();
        System.out.println("lines of lists of addresses, first seed " + seed);
        for (; System.nanoTime() < end; seed++) {
            for (AddressListFormat format : AddressListFormat.values()) {
                readLines(format, seed, 10_000);
            }
        }
    }

    /** {@return how many of the lines are read} */
    private static int readLines(AddressListFormat format, long seed, int lines) {
        String characters = "0123456789 \t,,--::::....//[]%#;aF\\x\r";
        String list = list(format);
        long next = list.lines().count() + 1;
        Random random = new Random(seed);
        int read = 0;
        for (int i = 0; i < lines; i++) {
            StringBuilder line = new StringBuilder(random.nextInt(3) == 0 ? "1.2.3.4" : "");
            for (int length = random.nextInt(12); length > 0; length--) {
                line.append(characters.charAt(random.nextInt(characters.length())));
            }
            String text = list + line;
            try {
                AddressSet.parse(text, format);
                read++;
            } catch (AddressSetException e) {
                assertEquals(next, e.line(), () -> "seed " + seed + ": " + text);
            }
        }
        return read;
    }

    @Test
    void messagesRepeatOnlyTheBeginning() {
        assertEquals(
                "line 1: '" + "x".repeat(100) + "...' (expected: " + ENTRY + ")",
                message(AddressListFormat.PLAIN, "x".repeat(101)));
        assertEquals(
                "line 1: more than 8192 characters (expected: a name, a colon and a range, as in Some"
                        + " Org:192.0.2.0-192.0.2.255)",
                message(AddressListFormat.P2P, "x".repeat(20_000)));
    }
}
