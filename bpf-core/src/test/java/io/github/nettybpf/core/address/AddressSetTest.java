package io.github.nettybpf.core.address;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.StringReader;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AddressSetTest {
    private static InetAddress address(String text) {
        try {
            return InetAddress.getByName(text);
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
    }

    private static List<String> prefixes(AddressSet set) {
        List<String> prefixes = new ArrayList<>();
        set.forEach(prefix -> prefixes.add(prefix.toString()));
        assertEquals(prefixes.size(), set.prefixCount());
        return prefixes;
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "10.0.0.1 | 10.0.0.1/32",
                "10.0.0.0/8 | 10.0.0.0/8",
                "10.0.0.0/8, 10.0.0.1, 10.0.0.0/24 | 10.0.0.0/8",
                "10.0.0.0/25, 10.0.0.128/25 | 10.0.0.0/24",
                "10.0.0.1, 10.0.0.1 | 10.0.0.1/32",
                "10.0.0.1-10.0.0.6 | 10.0.0.1/32, 10.0.0.2/31, 10.0.0.4/31, 10.0.0.6/32",
                "10.0.0.255-10.0.1.0 | 10.0.0.255/32, 10.0.1.0/32",
                "9.255.255.255 - 10.1.0.0 | 9.255.255.255/32, 10.0.0.0/16, 10.1.0.0/32",
                "0.0.0.0/0 | 0.0.0.0/0",
                "0.0.0.0-255.255.255.255 | 0.0.0.0/0",
                "0.0.0.0/1, 128.0.0.0/1 | 0.0.0.0/0",
                "255.255.255.255 | 255.255.255.255/32",
                "0.0.0.0 | 0.0.0.0/32",
                "::/0 | 0:0:0:0:0:0:0:0/0",
                "::1 | 0:0:0:0:0:0:0:1/128",
                "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff | ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128",
                "2001:db8::/32 | 2001:db8:0:0:0:0:0:0/32",
                "2001:db8::/33, 2001:db8:8000::/33 | 2001:db8:0:0:0:0:0:0/32",
                "2001:db8::ffff-2001:db8::1:0 | 2001:db8:0:0:0:0:0:ffff/128, 2001:db8:0:0:0:0:1:0/128",
                "::ffff:10.0.0.1 | 10.0.0.1/32",
                "::ffff:10.0.0.0/104 | 10.0.0.0/8",
                "::ffff:a00:1-::ffff:10.0.0.2 | 10.0.0.1/32, 10.0.0.2/32",
                "1:2:3:4:5:6:7.8.9.10 | 1:2:3:4:5:6:708:90a/128",
                "2001:DB8::A | 2001:db8:0:0:0:0:0:a/128",
            })
    void isWhatItIsMadeOf(String entries, String expected) {
        AddressSet set = AddressSet.of(entries.split(", *", -1));
        assertEquals(List.of(expected.split(", ", -1)), prefixes(set));
        assertEquals(set, AddressSet.of(expected.split(", ", -1)));
        assertEquals(set.hashCode(), AddressSet.of(expected.split(", ", -1)).hashCode());
    }

    @Test
    void countsRanges() {
        assertEquals(0, AddressSet.EMPTY.rangeCount());
        assertEquals(1, AddressSet.of("10.0.0.1-10.0.0.254").rangeCount());
        assertEquals(14, AddressSet.of("10.0.0.1-10.0.0.254").prefixCount());
        assertEquals(3, AddressSet.of("10.0.0.1", "10.0.0.3", "::1", "::2").rangeCount());
        assertEquals(2, AddressSet.of("0.0.0.0/0", "::/0").rangeCount());
    }

    /** They are IPv4 addresses, but the IPv6 addresses before and after them may make one range with them. */
    @Test
    void aPrefixMayBeginWithTheV4MappedAddresses() {
        AddressSet rest = AddressSet.of("::/0").difference(AddressSet.of("::-::fffe:ffff:ffff"));
        List<String> prefixes = prefixes(rest);
        assertEquals("0:0:0:0:0:ffff:0:0/96", prefixes.get(0));
        assertEquals("0:0:0:0:1:0:0:0/80", prefixes.get(1));
        assertEquals(81, prefixes.size());
        assertEquals(1, rest.rangeCount());
        assertFalse(rest.contains(address("10.0.0.1")));
    }

    @Test
    void anEmptyListIsTheEmptySet() {
        assertEquals(AddressSet.EMPTY, AddressSet.parse("# nothing\n\n;\n"));
        assertTrue(AddressSet.of().isEmpty());
        assertFalse(AddressSet.of("::1").isEmpty());
        assertFalse(AddressSet.EMPTY.contains(address("0.0.0.0")));
        assertFalse(AddressSet.EMPTY.contains(address("::")));
        assertEquals("[]", AddressSet.EMPTY.toString());
        assertEquals(0, AddressSet.EMPTY.bytes());
    }

    @Test
    void v4MappedAddressesAreIpv4() {
        AddressSet set = AddressSet.of("10.0.0.1");
        byte[] mapped = new byte[16];
        mapped[10] = -1;
        mapped[11] = -1;
        mapped[12] = 10;
        mapped[15] = 1;
        assertTrue(set.contains(mapped));
        assertTrue(set.containsIpv6(0, 0xffff0a000001L));
        assertFalse(set.containsIpv6(0, 0x0a000001L), "::10.0.0.1 is no v4-mapped address");
        assertFalse(AddressSet.of("::/0").contains(mapped));
        assertFalse(AddressSet.of("::/0").contains(address("10.0.0.1")));
        assertTrue(AddressSet.of("0.0.0.0/0").contains(mapped));
    }

    @Test
    void linesHaveCommentsBlanksAndEitherEnd() {
        String text = "\ufeff# a list\r\n10.0.0.0/8 ; SBL1\r\n\t10.0.0.1-10.0.0.2 # twice\n\n \n::1";
        assertEquals(AddressSet.of("10.0.0.0/8", "::1"), AddressSet.parse(text));
    }

    @Test
    void aFileIsRead(@TempDir Path folder) throws IOException {
        StringBuilder text = new StringBuilder();
        AddressSet.Builder builder = AddressSet.builder();
        for (int i = 0; i < 5000; i++) {
            String entry = "10." + (i >> 8) + "." + (i & 255) + ".7";
            text.append(entry).append(i % 3 == 0 ? "\r\n" : " # comment\n");
            builder.add(address(entry));
        }
        Path file = Files.writeString(folder.resolve("list"), text, StandardCharsets.UTF_8);
        assertEquals(builder.build(), AddressSet.parse(file));
        assertEquals("5,000 IPv4 and 0 IPv6 prefixes", AddressSet.parse(file).toString());
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(
            strings = {
                "10.0.0",
                "10.0.0.256",
                "10.0.0.1.2",
                "010.0.0.1",
                "10.0.0.1x",
                "localhost",
                "1e1.0.0.1",
                "2001:db8",
                ":::",
                "1::2::3",
                ":1",
                "1:",
                "1:2:3:4:5:6:7:8:9",
                "1:2:3:4:5:6:7::8:9",
                "12345::",
                "::1.2.3",
                "1.2.3.4::",
                "fe80::1%eth0",
                "10.0.0.1, 10.0.0.2",
                "10.0.0.1 10.0.0.2",
                "10.0.0.0 /8",
                "10.0.0.0/ 8",
                "10.0.0.1-",
                "-10.0.0.1",
                "10.0.0.1--10.0.0.2",
                "10.0.0.1-2",
                "/8",
                "é",
            })
    void whatIsNoEntryIsRefused(String entry) {
        AddressSetException e =
                assertThrows(AddressSetException.class, () -> AddressSet.parse("10.0.0.1\n\n" + entry + "\n::1"));
        assertEquals(3, e.line());
        String problem = entry.equals("10.0.0.0/ 8")
                ? "'10.0.0.0/ 8' (expected: a prefix length of 0..32)"
                : "'" + entry
                        + "' (expected: an address, a prefix such as 10.0.0.0/8, or a range such as 10.0.0.1-10.0.0.9)";
        assertEquals(problem, e.problem());
        assertEquals("line 3: " + problem, e.getMessage());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "10.0.0.0/33 | a prefix length of 0..32",
                "10.0.0.0/08 | a prefix length of 0..32",
                "10.0.0.0/ | a prefix length of 0..32",
                "10.0.0.0/-1 | a prefix length of 0..32",
                "10.0.0.0/1000 | a prefix length of 0..32",
                "10.0.0.0/8/8 | a prefix length of 0..32",
                "10.0.0.0/255.0.0.0 | a prefix length of 0..32",
                "::/129 | a prefix length of 0..128",
                "::ffff:10.0.0.0/8 | a prefix length of 96..128",
                "10.0.0.1/8 | an address whose bits after the prefix are 0, as 10.0.0.0/8",
                "2001:db8::1/64 | an address whose bits after the prefix are 0, as 2001:db8:0:0:0:0:0:0/64",
                "10.0.0.2-10.0.0.1 | two addresses of one kind, the lower one first",
                "2001::2-2001::1 | two addresses of one kind, the lower one first",
                "10.0.0.1-::1 | two addresses of one kind, the lower one first",
            })
    void whatIsWrongWithAnEntryIsSaid(String entry, String expected) {
        assertEquals(
                "line 1: '" + entry + "' (expected: " + expected + ")",
                assertThrows(AddressSetException.class, () -> AddressSet.of(entry))
                        .getMessage());
    }

    @Test
    void aLineWithoutAnEndIsRefused() {
        AddressSetException e = assertThrows(
                AddressSetException.class, () -> AddressSet.parse(new StringReader("\n" + " ".repeat(1 << 20))));
        assertEquals(
                "line 2: more than 8192 characters (expected: an address, a prefix such as 10.0.0.0/8, or a range such as"
                        + " 10.0.0.1-10.0.0.9)",
                e.getMessage());
    }

    @Test
    void onlyCommentsMayBeInAnotherEncoding(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("list");
        Files.write(file, "10.0.0.1 # caf\u00e9\n::1\n".getBytes(StandardCharsets.ISO_8859_1));
        assertEquals(AddressSet.of("10.0.0.1", "::1"), AddressSet.parse(file));
        Files.write(file, "10.0.0.1\n\u00e9\n".getBytes(StandardCharsets.ISO_8859_1));
        assertEquals(
                "line 2: '\ufffd' (expected: an address, a prefix such as 10.0.0.0/8, or a range such as 10.0.0.1-10.0.0.9)",
                assertThrows(AddressSetException.class, () -> AddressSet.parse(file))
                        .getMessage());
    }

    @Test
    void theNumberOfEntriesIsLimited() {
        Entries two = new Entries(2);
        ListReader reader = new ListReader(two, AddressListFormat.PLAIN);
        reader.read("10.0.0.1\n# three\n::1\n");
        assertEquals(
                "line 4: entry number 3 (expected: at most 2)",
                assertThrows(AddressSetException.class, () -> reader.read("\n\n\n10.0.0.2"))
                        .getMessage());
        assertEquals(
                "entry number 3 (expected: at most 2)",
                assertThrows(IllegalArgumentException.class, () -> two.add(new AddressPrefix(address("::1"), 128)))
                        .getMessage());
    }

    @Test
    void aBuilderTakesAddresses() {
        AddressSet.Builder builder = AddressSet.builder()
                .add(address("192.0.2.1"))
                .add(address("10.1.2.3"), 8)
                .add(address("::1"))
                .addRange(address("2001:db8::1"), address("2001:db8::2"))
                .addAll("172.16.0.0/12\n");
        AddressSet set = builder.build();
        assertEquals(AddressSet.of("10.0.0.0/8", "172.16.0.0/12", "192.0.2.1", "::1", "2001:db8::1-2001:db8::2"), set);
        assertEquals("3 IPv4 and 3 IPv6 prefixes", set.toString());
        assertEquals(
                set.union(AddressSet.of("::2")), builder.add(address("::2")).build());
        assertEquals(
                "length 33 (expected: 0..32)",
                assertThrows(IllegalArgumentException.class, () -> builder.add(address("10.0.0.0"), 33))
                        .getMessage());
        assertEquals(
                "range 10.0.0.2-10.0.0.1 (expected: two addresses of one kind, the lower one first)",
                assertThrows(
                                IllegalArgumentException.class,
                                () -> builder.addRange(address("10.0.0.2"), address("10.0.0.1")))
                        .getMessage());
    }

    @Test
    void anAddressHas4Or16Bytes() {
        assertEquals(
                "address of 5 bytes (expected: 4 or 16)",
                assertThrows(IllegalArgumentException.class, () -> AddressSet.EMPTY.contains(new byte[5]))
                        .getMessage());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                "10.0.0.0/8 | 10.1.0.0/16 | 10.0.0.0/8 | 10.1.0.0/16 | 10.0.0.0/16,10.2.0.0-10.255.255.255",
                "10.0.0.0/8 | 11.0.0.0/8 | 10.0.0.0/7 | - | 10.0.0.0/8",
                "0.0.0.0/0,::/0 | 10.0.0.1,::1 | 0.0.0.0/0,::/0 | 10.0.0.1,::1 | 0.0.0.0-10.0.0.0,10.0.0.2-255.255.255.255,::,::2-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
                "10.0.0.1 | 10.0.0.1 | 10.0.0.1 | 10.0.0.1 | -",
                "- | ::1 | ::1 | - | -",
            })
    void haveAlgebra(String left, String right, String union, String intersection, String difference) {
        AddressSet a = list(left);
        AddressSet b = list(right);
        assertEquals(list(union), a.union(b));
        assertEquals(list(union), b.union(a));
        assertEquals(list(intersection), a.intersection(b));
        assertEquals(list(intersection), b.intersection(a));
        assertEquals(list(difference), a.difference(b));
        assertNotEquals(a.union(AddressSet.of("192.0.2.7")), a.difference(AddressSet.of("192.0.2.7")));
    }

    private static AddressSet list(String entries) {
        return entries == null ? AddressSet.EMPTY : AddressSet.of(entries.split(",", -1));
    }
}
