package io.github.nettybpf.tools.capture;

import java.math.BigInteger;
import java.nio.ByteOrder;
import java.time.Instant;

/**
 * What packets of a capture have in common: where they were captured, and how that was written down. A pcap file has one
 * of these, a pcapng file one for each interface description block.
 *
 * @param linkType what the packets begin with: a LINKTYPE_ number as tcpdump.org lists them, 1 for Ethernet
 * @param order the byte order of the machine that captured, in which some link types have their header
 * @param name the name of the interface, empty if it is not in the file
 * @param resolution the unit of time stamps, as pcapng's if_tsresol has it: 10 to the minus so many seconds, or with the
 *     highest bit of the byte set, 2 to the minus so many of the other bits
 * @param timeOffset seconds to be added to time stamps
 */
public record CaptureInterface(int linkType, ByteOrder order, String name, int resolution, long timeOffset) {
    private static final BigInteger NANOS = BigInteger.valueOf(1_000_000_000);
    private static final BigInteger EARLIEST = BigInteger.valueOf(Instant.MIN.getEpochSecond());
    private static final BigInteger LATEST = BigInteger.valueOf(Instant.MAX.getEpochSecond());
    private static final int POWER_OF_TWO = 0x80;

    /**
     * {@return the time that a time stamp stands for}, rounded down to nanoseconds; one beyond what {@link Instant} can say
     * becomes the first or last second that it can.
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
