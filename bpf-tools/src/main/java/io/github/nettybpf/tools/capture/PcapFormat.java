package io.github.nettybpf.tools.capture;

import java.io.IOException;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * The pcap format: a header of 24 bytes, then records. Sources: the draft "PCAP Capture File Format" (opsawg); for old
 * versions and Kuznetzov's longer records, which are not in the draft, libpcap's sf-pcap.c.
 */
final class PcapFormat implements CaptureFormat {
    private static final int MICROSECONDS = 0xa1b2c3d4;
    private static final int NANOSECONDS = 0xa1b23c4d;
    private static final int KUZNETZOV = 0xa1b2cd34;
    private static final int HEADER = 24;
    private static final int LINK_TYPE_BITS = 0x03ff_ffff;

    private final ByteWindow window;
    private final CaptureInterface origin;
    private final int recordHeader;
    private final long unitsPerSecond;

    /** Before 2.3, and in 543.0 of DG/UX, the two length fields were swapped, and in 2.3 by some writers. */
    private final int minorVersion;

    private long number;

    private PcapFormat(ByteWindow window) throws CaptureException {
        int magic = window.i32(0);
        boolean nanos = magic == NANOSECONDS;
        this.window = window;
        this.recordHeader = magic == KUZNETZOV ? 24 : 16;
        this.unitsPerSecond = nanos ? 1_000_000_000 : 1_000_000;
        int majorVersion = window.u16(4);
        this.minorVersion = window.u16(6);
        boolean isDgux = majorVersion == 543 && minorVersion == 0;
        if (majorVersion != 2 && !isDgux) {
            throw new CaptureException(4, "pcap version " + majorVersion + "." + minorVersion + " (expected: 2.4)");
        }
        this.origin = new CaptureInterface(window.i32(20) & LINK_TYPE_BITS, window.order(), "", nanos ? 9 : 6, 0);
        window.pass(HEADER);
    }

    /** {@return the format, or null if the capture is in another} */
    static @Nullable PcapFormat begin(ByteWindow window) throws IOException {
        if (!window.has(4) || !findOrder(window)) {
            return null;
        }
        if (!window.has(HEADER)) {
            throw new CaptureException(
                    window.available(), "the capture ends inside the header of the file (expected: 24 bytes)");
        }
        return new PcapFormat(window);
    }

    private static boolean findOrder(ByteWindow window) {
        for (ByteOrder order : new ByteOrder[] {ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN}) {
            window.order(order);
            int magic = window.i32(0);
            if (magic == MICROSECONDS || magic == NANOSECONDS || magic == KUZNETZOV) {
                return true;
            }
        }
        return false;
    }

    @Override
    public CaptureInterface firstInterface() {
        return origin;
    }

    @Override
    public boolean next(CapturedPacket packet) throws IOException {
        if (!window.has(recordHeader)) {
            if (window.available() == 0) {
                return false;
            }
            throw cutOff(recordHeader);
        }
        long captured = window.u32(8);
        long onWire = window.u32(12);
        if (minorVersion < 3 || (minorVersion == 3 && captured > onWire)) {
            long swapped = captured;
            captured = onWire;
            onWire = swapped;
        }
        if (captured > MAX_PACKET) {
            throw new CaptureException(
                    window.position(),
                    "packet " + (number + 1) + " of " + captured + " bytes (expected: at most " + MAX_PACKET + ")");
        }
        int record = recordHeader + (int) captured;
        if (!window.has(record)) {
            throw cutOff(record);
        }
        long stamp = window.u32(0) * unitsPerSecond + window.u32(4);
        int at = window.arrayStart() + recordHeader;
        packet.set(origin, stamp, (int) onWire, window.array(), at, (int) captured);
        window.pass(record);
        number++;
        return true;
    }

    private CaptureException cutOff(int record) {
        return new CaptureException(
                window.position() + window.available(),
                "the capture ends inside packet " + (number + 1) + ", which begins at byte " + window.position()
                        + " (expected: " + (record - window.available()) + " more bytes)");
    }
}
