package io.github.nettybpf.tools.capture;

import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The pcapng format: sections of blocks. Blocks that describe neither a packet nor an interface are skipped, of
 * whatever type. Source: the draft "PCAP Now Generic (pcapng) Capture File Format" (opsawg), and an earlier one for the
 * obsolete packet block.
 */
final class PcapngFormat implements CaptureFormat {
    private static final int SECTION = 0x0a0d0d0a;
    private static final int ORDER_MAGIC = 0x1a2b3c4d;
    private static final int INTERFACE = 1;
    private static final int OBSOLETE_PACKET = 2;
    private static final int SIMPLE_PACKET = 3;
    private static final int ENHANCED_PACKET = 6;

    /** Type and length before the body of a block, and the length again after it. */
    private static final int FRAME = 12;

    /** The offset of the body of a block. */
    private static final int BODY = 8;

    /** The size limit of blocks that are read whole: that of a packet, and 1 MiB for options. */
    private static final int MAX_BLOCK = MAX_PACKET + (1 << 20);

    /** The limit in one section. */
    static final int MAX_INTERFACES = 1 << 16;

    private static final int MAX_NAME = 256;
    private static final int OPTION_NAME = 2;
    private static final int OPTION_RESOLUTION = 9;
    private static final int OPTION_OFFSET = 14;
    private static final int MICROSECONDS = 6;

    private final ByteWindow window;

    /** The interfaces of this section. */
    private final List<CaptureInterface> interfaces = new ArrayList<>();

    /** The first interface of the first section that has one. */
    private @Nullable CaptureInterface first;

    /** The snapshot length of the first interface, which simple packet blocks are cut to; 0 is no limit. */
    private long firstSnapLength;

    private long number;

    private PcapngFormat(ByteWindow window) {
        this.window = window;
    }

    /** {@return the format, or null if the capture is in another} */
    static @Nullable PcapngFormat begin(ByteWindow window) throws IOException {
        return window.has(4) && window.i32(0) == SECTION ? new PcapngFormat(window) : null;
    }

    @Override
    public @Nullable CaptureInterface firstInterface() {
        return first;
    }

    @Override
    public boolean next(CapturedPacket packet) throws IOException {
        while (true) {
            if (!window.has(FRAME)) {
                if (window.available() == 0) {
                    return false;
                }
                throw cutOff(FRAME);
            }
            int type = window.i32(0);
            if (type == SECTION) {
                findOrder();
            }
            long length = window.u32(4);
            if (length < FRAME || length % 4 != 0) {
                throw damaged("block of " + length + " bytes (expected: a multiple of 4, at least 12)");
            }
            switch (type) {
                case SECTION -> section(whole(length, 28));
                case INTERFACE -> describe(whole(length, 20));
                case OBSOLETE_PACKET, ENHANCED_PACKET -> {
                    timed(whole(length, 32), packet, type == ENHANCED_PACKET);
                    return true;
                }
                case SIMPLE_PACKET -> {
                    simple(whole(length, 16), packet);
                    return true;
                }
                default -> skip(length);
            }
        }
    }

    private void findOrder() throws CaptureException {
        for (ByteOrder order : new ByteOrder[] {ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN}) {
            window.order(order);
            if (window.i32(8) == ORDER_MAGIC) {
                return;
            }
        }
        throw damaged(String.format("byte-order magic 0x%08x (expected: 0x1a2b3c4d)", window.i32(8)));
    }

    /** {@return the length of the block, all of which is in the window now} */
    private int whole(long length, int least) throws IOException {
        if (length < least || length > MAX_BLOCK) {
            throw damaged(String.format(
                    "block of type 0x%x with %d bytes (expected: %d..%d)", window.i32(0), length, least, MAX_BLOCK));
        }
        if (!window.has((int) length)) {
            throw cutOff((int) length);
        }
        checkEnd((int) length, length);
        return (int) length;
    }

    private void checkEnd(int end, long length) throws CaptureException {
        long again = window.u32(end - 4);
        if (again != length) {
            throw new CaptureException(
                    window.position() + end - 4,
                    "block length " + again + " after the block (expected: " + length + ", as before it)");
        }
    }

    private void skip(long length) throws IOException {
        long begin = window.position();
        boolean isThere = window.skip(length - 4) && window.has(4);
        if (!isThere) {
            long end = window.position() + window.available();
            throw cutOff(end, "a block", begin, begin + length - end);
        }
        checkEnd(4, length);
        window.pass(4);
    }

    private void section(int length) throws CaptureException {
        int major = window.u16(BODY + 4);
        if (major != 1) {
            throw damaged("pcapng version " + major + "." + window.u16(BODY + 6) + " (expected: 1.0)");
        }
        interfaces.clear();
        window.pass(length);
    }

    private void describe(int length) throws CaptureException {
        if (interfaces.size() == MAX_INTERFACES) {
            throw damaged("one interface more (expected: at most " + MAX_INTERFACES + " in a section)");
        }
        if (interfaces.isEmpty()) {
            firstSnapLength = window.u32(BODY + 4);
        }
        String name = "";
        int resolution = MICROSECONDS;
        long timeOffset = 0;
        int end = length - 4;
        int at = BODY + 8;
        while (at + 4 <= end && window.u16(at) != 0) {
            int size = window.u16(at + 2);
            int value = at + 4;
            if (size > end - value) {
                throw new CaptureException(
                        window.position() + at,
                        "option of " + size + " bytes (expected: at most " + (end - value) + ")");
            }
            switch (window.u16(at)) {
                case OPTION_NAME -> name = text(value, Math.min(size, MAX_NAME));
                case OPTION_RESOLUTION -> resolution = size == 1 ? window.u8(value) : resolution;
                case OPTION_OFFSET -> timeOffset = size == 8 ? seconds(value) : timeOffset;
                default -> {}
            }
            at = value + padded(size);
        }
        interfaces.add(new CaptureInterface(window.u16(BODY), window.order(), name, resolution, timeOffset));
        first = first == null ? interfaces.get(0) : first;
        window.pass(length);
    }

    private String text(int at, int size) {
        return new String(window.array(), window.arrayStart() + at, size, StandardCharsets.UTF_8);
    }

    private long seconds(int at) {
        boolean bigEndian = window.order() == ByteOrder.BIG_ENDIAN;
        return bigEndian ? window.u32(at) << 32 | window.u32(at + 4) : window.u32(at + 4) << 32 | window.u32(at);
    }

    private void timed(int length, CapturedPacket packet, boolean enhanced) throws CaptureException {
        long id = enhanced ? window.u32(BODY) : window.u16(BODY);
        long stamp = window.u32(BODY + 4) << 32 | window.u32(BODY + 8);
        int room = length - FRAME - 20;
        long captured = window.u32(BODY + 12);
        if (captured > room) {
            throw damaged("packet " + (number + 1) + " of " + captured + " bytes (expected: at most " + room
                    + ", what is in its block)");
        }
        deliver(packet, id, stamp, window.i32(BODY + 16), BODY + 20, (int) captured);
        int options = Math.min(BODY + 20 + padded((int) captured), length - 4);
        packet.setOptions(window.arrayStart() + options, window.arrayStart() + length - 4);
        window.pass(length);
    }

    /** A simple packet block has no time stamp, and of the two lengths only that on the wire. */
    private void simple(int length, CapturedPacket packet) throws CaptureException {
        long onWire = window.u32(BODY);
        int room = length - FRAME - 4;
        long captured = Math.min(onWire, firstSnapLength == 0 ? onWire : firstSnapLength);
        if (captured > room) {
            throw damaged("packet " + (number + 1) + " of " + captured + " bytes (expected: at most " + room
                    + ", what is in its block)");
        }
        deliver(packet, 0, 0, (int) onWire, BODY + 4, (int) captured);
        window.pass(length);
    }

    private void deliver(CapturedPacket packet, long id, long stamp, int onWire, int at, int captured)
            throws CaptureException {
        if (id >= interfaces.size()) {
            throw damaged("packet " + (number + 1) + " of interface " + id + " (expected: one of the "
                    + interfaces.size() + " described before it, from 0)");
        }
        packet.set(interfaces.get((int) id), stamp, onWire, window.array(), window.arrayStart() + at, captured);
        number++;
    }

    private static int padded(int size) {
        return (size + 3) & ~3;
    }

    private CaptureException damaged(String problem) {
        return new CaptureException(window.position(), problem);
    }

    private CaptureException cutOff(int expected) {
        long end = window.position() + window.available();
        return cutOff(end, "a block", window.position(), (long) expected - window.available());
    }

    private CaptureException cutOff(long end, String what, long begin, long missing) {
        return new CaptureException(
                end,
                "the capture ends inside " + what + " after packet " + number + ", which begins at byte " + begin
                        + " (expected: " + missing + " more bytes)");
    }
}
