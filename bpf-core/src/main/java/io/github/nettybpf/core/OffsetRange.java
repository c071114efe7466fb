package io.github.nettybpf.core;

/**
 * Offsets of packet bytes, as unsigned numbers: those of the network header begin at {@link OffsetBase#SKF_NET_OFF} modulo
 * 2<sup>32</sup>.
 *
 * @param first the lowest offset, 0..0xffffffff
 * @param last the highest offset, from {@code first} on
 */
public record OffsetRange(long first, long last) {
    /**
     * {@return whether a byte of the range is among some bytes}
     *
     * @param offset the offset of the first of the bytes, unsigned
     * @param count how many bytes
     */
    public boolean touches(int offset, int count) {
        long from = Integer.toUnsignedLong(offset);
        return first < from + count && last >= from;
    }
}
