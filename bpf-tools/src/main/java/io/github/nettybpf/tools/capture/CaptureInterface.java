package io.github.nettybpf.tools.capture;

import java.math.BigInteger;
import java.nio.ByteOrder;
import java.time.Instant;

/**
 * The network interface that packets were captured on, and how they were written to the file. A pcap file has one, a
 * pcapng file one for each interface description block.
 *
 * @param linkType the link type: a LINKTYPE_ number as tcpdump.org lists them, 1 for Ethernet
 * @param order the byte order of the capturing machine, which the headers of some link types are in
 * @param name the name of the interface, empty if it is not in the file
 * @param resolution the unit of time stamps, as pcapng's if_tsresol: 10<sup>-n</sup> seconds, or if the highest bit of
 *     the byte is set, 2<sup>-n</sup> seconds with n in the other bits
 * @param timeOffset seconds to add to time stamps
 */
public record CaptureInterface(int linkType, ByteOrder order, String name, int resolution, long timeOffset) {
    private static final BigInteger NANOS = BigInteger.valueOf(1_000_000_000);
    private static final BigInteger EARLIEST = BigInteger.valueOf(Instant.MIN.getEpochSecond());
    private static final BigInteger LATEST = BigInteger.valueOf(Instant.MAX.getEpochSecond());
    private static final int POWER_OF_TWO = 0x80;

    /**
     * {@return the time of a time stamp, rounded down to nanoseconds} One outside the range of {@link Instant} becomes
     * the first or the last second of the range.
     *
     * @param stamp the time stamp, unsigned, in units of this interface
     */
    Instant time(long stamp) {
        int exponent = resolution & ~POWER_OF_TWO;
        BigInteger units = new BigInteger(Long.toUnsignedString(stamp));
        BigInteger nanos = (resolution & POWER_OF_TWO) == 0
                ? units.multiply(NANOS).divide(BigInteger.TEN.pow(exponent))
                : units.multiply(NANOS).shiftRight(exponent);
        BigInteger[] split = nanos.divideAndRemainder(NANOS);
        BigInteger second =
                split[0].add(BigInteger.valueOf(timeOffset)).max(EARLIEST).min(LATEST);
        return Instant.ofEpochSecond(second.longValueExact(), split[1].intValueExact());
    }
}
