package io.github.nettybpf.core.address;

import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A set of IPv4 and IPv6 addresses. A v4-mapped IPv6 address (::ffff:0:0/96) is the IPv4 address that it stands for, in
 * what the set is made of and in what is asked; a shorter prefix such as ::/0 contains no IPv4 address.
 *
 * <p>It is made of addresses, prefixes and ranges in any order, which may overlap: {@code 10.0.0.0/8} and {@code
 * 10.0.0.1} are {@code 10.0.0.0/8}. Sets are equal if they contain the same addresses. Immutable.
 *
 * <p>A million random addresses take 6.5 MB (IPv4) or 24 MB (IPv6), a million random IPv6 prefixes 24 to 32 MB. A set
 * that differs in few entries from another shares memory with it.
 */
public final class AddressSet {
    /** No address. */
    public static final AddressSet EMPTY = new AddressSet(Ipv4Set.EMPTY, Ipv6Set.EMPTY);

    /**
     * The most entries that a text may have, and a builder may be given: 4,194,304. While a set is made, an entry takes up
     * to 96 bytes.
     */
    public static final int MAX_ENTRIES = 1 << 22;

    private static final VarHandle INTS = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);

    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    private final Ipv4Set ipv4;
    private final Ipv6Set ipv6;
    private volatile @Nullable String summary;
    private volatile long prefixes = -1; // not counted yet

    /** How many ranges there are, -1 if they were not counted yet. */
    private volatile long rangeCount = -1;

    private AddressSet(Ipv4Set ipv4, Ipv6Set ipv6) {
        this.ipv4 = ipv4;
        this.ipv6 = ipv6;
    }

    private static AddressSet of(Entries entries) {
        RangeList ipv4 = entries.ipv4();
        RangeList ipv6 = entries.ipv6();
        ipv4.normalize();
        ipv6.normalize();
        return new AddressSet(Ipv4Set.of(ipv4), Ipv6Set.of(ipv6));
    }

    /**
     * {@return the set of some entries}
     *
     * @param entries each as a line of {@link #parse(String)}
     * @throws AddressSetException if one is no address, prefix or range; the line is its number, from 1
     */
    public static AddressSet of(String... entries) {
        return parse(String.join("\n", entries));
    }

    /**
     * {@return the set that a text lists} A line has an address ({@code 192.0.2.1}, {@code 2001:db8::1}), a prefix
     * ({@code 192.0.2.0/24}), a range ({@code 192.0.2.1 - 192.0.2.9}) or nothing. What follows {@code #} or {@code ;} is a
     * comment. Lines end with LF or CR LF; a byte order mark is skipped. This is {@link AddressListFormat#PLAIN}; lists
     * that are published in other formats are read if the format is given.
     *
     * @throws AddressSetException if a line is something else, if bits of a prefix's address after the prefix are not 0,
     *     or if there are more than {@link #MAX_ENTRIES}
     */
    public static AddressSet parse(String text) {
        return parse(text, AddressListFormat.PLAIN);
    }

    /**
     * {@return the set that a text lists}
     *
     * @param format how its lines are written
     * @throws AddressSetException if a line is not of the format, or if there are more than {@link #MAX_ENTRIES}
     */
    public static AddressSet parse(String text, AddressListFormat format) {
        Entries entries = new Entries(MAX_ENTRIES);
        new ListReader(entries, format).read(text);
        return of(entries);
    }

    /**
     * {@return the set that a text lists, as {@link #parse(String)} reads it}
     *
     * @param reader is read to its end, and not closed
     * @throws AddressSetException as there
     * @throws IOException if the reader throws it
     */
    public static AddressSet parse(Reader reader) throws IOException {
        return parse(reader, AddressListFormat.PLAIN);
    }

    /**
     * {@return the set that a text lists}
     *
     * @param reader is read to its end, and not closed
     * @param format how its lines are written
     * @throws AddressSetException if a line is not of the format, or if there are more than {@link #MAX_ENTRIES}
     * @throws IOException if the reader throws it
     */
    public static AddressSet parse(Reader reader, AddressListFormat format) throws IOException {
        Entries entries = new Entries(MAX_ENTRIES);
        new ListReader(entries, format).read(reader);
        return of(entries);
    }

    /**
     * {@return the set that a file in UTF-8 lists, as {@link #parse(String)} reads it} A comment may be in any encoding
     * that leaves ASCII as it is.
     *
     * @throws AddressSetException as there
     * @throws IOException if the file cannot be read
     */
    public static AddressSet parse(Path file) throws IOException {
        return parse(file, AddressListFormat.PLAIN);
    }

    /**
     * {@return the set that a file in UTF-8 lists} What is no address may be in any encoding that leaves ASCII as it is.
     *
     * @param format how its lines are written
     * @throws AddressSetException if a line is not of the format, or if there are more than {@link #MAX_ENTRIES}
     * @throws IOException if the file cannot be read
     */
    public static AddressSet parse(Path file, AddressListFormat format) throws IOException {
        try (Reader reader = new InputStreamReader(Files.newInputStream(file), StandardCharsets.UTF_8)) {
            return parse(reader, format);
        }
    }

    /** {@return a builder without entries} */
    public static Builder builder() {
        return new Builder();
    }

    /** {@return the addresses that are in this set or in the other} */
    public AddressSet union(AddressSet other) {
        return combined(TreeAlgebra.UNION, RangeAlgebra.UNION, other);
    }

    /** {@return the addresses that are in both sets} */
    public AddressSet intersection(AddressSet other) {
        return combined(TreeAlgebra.INTERSECTION, RangeAlgebra.INTERSECTION, other);
    }

    /** {@return the addresses of this set that are not in the other} */
    public AddressSet difference(AddressSet other) {
        return combined(TreeAlgebra.DIFFERENCE, RangeAlgebra.DIFFERENCE, other);
    }

    private AddressSet combined(TreeAlgebra trees, RangeAlgebra ranges, AddressSet other) {
        return new AddressSet(ipv4.combined(trees, other.ipv4), ipv6.combined(ranges, other.ipv6));
    }

    /** {@return whether there is no address in the set} */
    public boolean isEmpty() {
        return ipv4.isEmpty() && ipv6.isEmpty();
    }

    /** {@return whether the address is in the set} */
    public boolean contains(InetAddress address) {
        if (address instanceof Inet4Address) {
            // The JVM's compiler leaves out this array: its bytes are read one by one, apart from those of the other
            // kind.
            byte[] bytes = address.getAddress();
            return containsIpv4(
                    (bytes[0] & 0xff) << 24 | (bytes[1] & 0xff) << 16 | (bytes[2] & 0xff) << 8 | (bytes[3] & 0xff));
        }
        return contains(address.getAddress());
    }

    /**
     * {@return whether the address is in the set}
     *
     * @param address 4 or 16 bytes
     * @throws IllegalArgumentException if it has another length
     */
    public boolean contains(byte[] address) {
        if (address.length == 4) {
            return containsIpv4((int) INTS.get(address, 0));
        } else if (address.length == 16) {
            return containsIpv6((long) LONGS.get(address, 0), (long) LONGS.get(address, 8));
        }
        throw new IllegalArgumentException("address of " + address.length + " bytes (expected: 4 or 16)");
    }

    /**
     * {@return whether the IPv4 address is in the set} Allocates nothing.
     *
     * @param address its first byte is the highest: 10.0.0.1 is 0x0a000001
     */
    public boolean containsIpv4(int address) {
        return ipv4.contains(address);
    }

    /**
     * {@return whether the IPv6 address is in the set} Allocates nothing.
     *
     * @param high its first eight bytes
     * @param low its last eight bytes
     */
    public boolean containsIpv6(long high, long low) {
        if (AddressText.isMapped(high, low)) {
            return containsIpv4((int) low);
        }
        return ipv6.contains(high, low);
    }

    /** {@return how many prefixes the set can be written with, at least} The first call counts them. */
    public long prefixCount() {
        long known = prefixes;
        if (known < 0) {
            known = RangeWalk.count(ipv4.ranges()) + RangeWalk.count(ipv6.ranges());
            prefixes = known;
        }
        return known;
    }

    /**
     * {@return how many ranges the set has} Addresses that follow one another are one range: 10.0.0.1 to 10.0.0.254, which
     * is 14 prefixes. It is counted once.
     */
    public long rangeCount() {
        long count = rangeCount;
        if (count < 0) {
            count = (long) ipv4.ranges().size() + ipv6.ranges().size();
            rangeCount = count;
        }
        return count;
    }

    /** {@return about how many bytes of memory the set takes} */
    public long bytes() {
        return ipv4.bytes() + ipv6.bytes();
    }

    /** Passes on the fewest prefixes that the set can be written with, IPv4 first, in ascending order. */
    public void forEach(Consumer<AddressPrefix> consumer) {
        RangeWalk.list(ipv4.ranges(), true, consumer);
        RangeWalk.list(ipv6.ranges(), false, consumer);
    }

    /** Takes ranges of addresses, both ends included. */
    public interface RangeConsumer {
        /** Takes a range of IPv4 addresses; the first byte is the highest. */
        void ipv4(int first, int last);

        /** Takes a range of IPv6 addresses, by the first and last eight bytes of its ends. */
        void ipv6(long firstHigh, long firstLow, long lastHigh, long lastLow);
    }

    /** Passes on the fewest ranges that the set can be written with, IPv4 first, in ascending order. */
    public void forEachRange(RangeConsumer consumer) {
        RangeList of4 = ipv4.ranges();
        for (int range = 0; range < of4.size(); range++) {
            consumer.ipv4((int) (of4.firstHigh(range) >>> 32), (int) (of4.lastHigh(range) >>> 32));
        }
        RangeList of6 = ipv6.ranges();
        for (int range = 0; range < of6.size(); range++) {
            consumer.ipv6(of6.firstHigh(range), of6.firstLow(range), of6.lastHigh(range), of6.lastLow(range));
        }
    }

    /**
     * {@return the shortest prefix that contains the address and is in the set as a whole, or empty if the address is not
     * in the set}
     */
    public Optional<AddressPrefix> prefixOf(InetAddress address) {
        byte[] bytes = address.getAddress();
        if (bytes.length == 4) {
            return ipv4.prefixOf((int) INTS.get(bytes, 0));
        }
        long high = (long) LONGS.get(bytes, 0);
        long low = (long) LONGS.get(bytes, 8);
        return AddressText.isMapped(high, low) ? ipv4.prefixOf((int) low) : ipv6.prefixOf(high, low);
    }

    /** {@return whether the other is a set of the same addresses} */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof AddressSet set && ipv4.equals(set.ipv4) && ipv6.equals(set.ipv6);
    }

    @Override
    public int hashCode() {
        return 31 * ipv4.hashCode() + ipv6.hashCode();
    }

    /** {@return how many prefixes of which kind it has, and which, if they are few} */
    @Override
    public String toString() {
        String text = summary;
        if (text == null) {
            text = summarized();
            summary = text;
        }
        return text;
    }

    private String summarized() {
        long of4 = RangeWalk.count(ipv4.ranges());
        long of6 = RangeWalk.count(ipv6.ranges());
        if (of4 + of6 > 4) {
            return String.format(Locale.ROOT, "%,d IPv4 and %,d IPv6 prefixes", of4, of6);
        }
        List<String> prefixes = new ArrayList<>();
        forEach(prefix -> prefixes.add(prefix.toString()));
        return prefixes.toString();
    }

    /** Collects what a set is made of. Not thread-safe. */
    public static final class Builder {
        private final Entries entries = new Entries(MAX_ENTRIES);

        private Builder() {}

        /** Adds an address. */
        public Builder add(InetAddress address) {
            return add(address, address instanceof Inet4Address ? 32 : 128);
        }

        /**
         * Adds the addresses that begin with the same bits as one.
         *
         * @param length how many bits: 0..32 for an IPv4 address, 0..128 for another; bits after them do not matter
         * @throws IllegalArgumentException if the length is another
         */
        public Builder add(InetAddress address, int length) {
            entries.add(new AddressPrefix(address, length));
            return this;
        }

        /**
         * Adds all addresses from one to another.
         *
         * @throws IllegalArgumentException if they are of two kinds, or the last is below the first
         */
        public Builder addRange(InetAddress first, InetAddress last) {
            entries.addRange(first, last);
            return this;
        }

        /**
         * Adds all entries of a text, as {@link AddressSet#parse(String)} reads it.
         *
         * @throws AddressSetException as there
         */
        public Builder addAll(String text) {
            return addAll(text, AddressListFormat.PLAIN);
        }

        /**
         * Adds all entries of a text.
         *
         * @param format how its lines are written
         * @throws AddressSetException if a line is not of the format, or if there are too many
         */
        public Builder addAll(String text, AddressListFormat format) {
            new ListReader(entries, format).read(text);
            return this;
        }

        /** {@return the set of what was added} The builder can be used on. */
        public AddressSet build() {
            return of(entries);
        }
    }
}
