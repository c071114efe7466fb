package io.github.nettybpf.core.address;

/**
 * An aligned block of IPv6 addresses, which a node of the trie or one of its cells is for: either all addresses with
 * some first halves, or those of one first half with some second halves. The key of an address is the half that differs
 * within the block.
 *
 * @param isLow whether the key is the second half
 * @param high the first half of all addresses, if the key is the second one; otherwise 0
 * @param first the first key
 * @param last the last key; all from the first on share bits that are 0 in the first and 1 in the last
 */
record Ipv6Block(boolean isLow, long high, long first, long last) {
    /** All addresses. */
    static final Ipv6Block ALL = new Ipv6Block(false, 0, 0, -1);

    /** {@return the addresses that begin with a half} */
    static Ipv6Block ofHigh(long high) {
        return new Ipv6Block(true, high, 0, -1);
    }

    /** {@return the smallest aligned block that has two keys of this one} */
    Ipv6Block narrowed(long key, long other) {
        long differing = key ^ other;
        long below = differing == 0 ? 0 : -1L >>> Long.numberOfLeadingZeros(differing);
        return new Ipv6Block(isLow, high, key & ~below, key | below);
    }

    /** {@return how many bits tell its keys apart} */
    int bits() {
        return 64 - Long.numberOfLeadingZeros(first ^ last);
    }

    boolean contains(long key) {
        return Long.compareUnsigned(key - first, last - first) <= 0;
    }

    /** {@return the first key that this block and a piece have in common} They overlap. */
    long first(RangeList pieces, int piece) {
        long key = isLow ? pieces.firstLow(piece) : pieces.firstHigh(piece);
        return Long.compareUnsigned(key, first) < 0 ? first : key;
    }

    /** {@return the last key that this block and a piece have in common} They overlap. */
    long last(RangeList pieces, int piece) {
        long key = isLow ? pieces.lastLow(piece) : pieces.lastHigh(piece);
        return Long.compareUnsigned(key, last) > 0 ? last : key;
    }

    /** {@return whether a piece has all addresses of this block} They overlap. */
    boolean isCoveredBy(RangeList pieces, int piece) {
        return first(pieces, piece) == first
                && last(pieces, piece) == last
                && (isLow || Ipv6Builder.isHigh(pieces, piece));
    }

    /** {@return what this block and a piece have in common} They overlap. */
    RangeList part(RangeList pieces, int piece) {
        RangeList part = new RangeList();
        long from = first(pieces, piece);
        long to = last(pieces, piece);
        if (isLow) {
            part.add(high, from, high, to);
        } else {
            part.add(from, pieces.firstLow(piece), to, pieces.lastLow(piece));
        }
        return part;
    }

    /** Adds all addresses of the block to ranges that are before them. */
    void addTo(RangeList ranges) {
        if (isLow) {
            ranges.append(high, first, high, last);
        } else {
            ranges.append(first, 0, last, -1);
        }
    }
}
