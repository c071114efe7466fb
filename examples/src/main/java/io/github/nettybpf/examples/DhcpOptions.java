package io.github.nettybpf.examples;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;

/** The options of a DHCP message (RFC 2132), by their codes. */
final class DhcpOptions {
    static final int SUBNET_MASK = 1;
    static final int HOST_NAME = 12;
    static final int BROADCAST_ADDRESS = 28;
    static final int REQUESTED_ADDRESS = 50;
    static final int LEASE_TIME = 51;
    static final int OVERLOAD = 52;
    static final int MESSAGE_TYPE = 53;
    static final int SERVER_ID = 54;
    static final int MESSAGE = 56;
    static final int RENEWAL_TIME = 58;
    static final int REBINDING_TIME = 59;
    static final int CLIENT_ID = 61;
    private static final int PAD = 0;
    private static final int END = 255;

    /** Offsets and lengths of the fields of a BOOTP packet (RFC 951). */
    private static final int SNAME = 44;

    private static final int SNAME_LENGTH = 64;
    private static final int FILE = 108;
    private static final int FILE_LENGTH = 128;
    private static final int OPTIONS = 240;

    /** The lengths of the options whose value has a fixed length. */
    private static final Map<Integer, Integer> LENGTHS = Map.of(
            SUBNET_MASK, 4,
            BROADCAST_ADDRESS, 4,
            REQUESTED_ADDRESS, 4,
            LEASE_TIME, 4,
            OVERLOAD, 1,
            MESSAGE_TYPE, 1,
            SERVER_ID, 4,
            RENEWAL_TIME, 4,
            REBINDING_TIME, 4);

    /** The values by code, in ascending order. */
    private final Map<Integer, byte[]> values = new TreeMap<>();

    /**
     * Reads the options of a BOOTP packet of at least 240 bytes. Option 52 (overload) can say that {@code file} and
     * {@code sname} contain options as well; inside those fields it is ignored, so they are read once. The parts of an
     * option that occurs more than once are joined (RFC 3396).
     */
    static DhcpOptions parse(ByteBuf packet) throws MalformedPacketException {
        DhcpOptions options = new DhcpOptions();
        options.read(packet, OPTIONS, packet.writerIndex());
        options.checkLength(OVERLOAD);
        byte[] value = options.values.get(OVERLOAD);
        if (value != null) {
            int fields = value[0] & 0xff;
            if (fields < 1 || fields > 3) {
                throw new MalformedPacketException("option 52: " + fields + " (expected: 1..3)");
            }
            if ((fields & 1) != 0) {
                options.read(packet, FILE, FILE + FILE_LENGTH);
            }
            if ((fields & 2) != 0) {
                options.read(packet, SNAME, SNAME + SNAME_LENGTH);
            }
            options.values.put(OVERLOAD, value);
        }
        for (int code : LENGTHS.keySet()) {
            options.checkLength(code);
        }
        return options;
    }

    private void read(ByteBuf packet, int from, int to) throws MalformedPacketException {
        int at = from;
        while (at < to) {
            int code = packet.getUnsignedByte(at);
            if (code == END) {
                return;
            }
            if (code == PAD) {
                at++;
                continue;
            }
            if (at + 1 == to) {
                throw new MalformedPacketException("option " + code + " at " + at + ": no length");
            }
            int length = packet.getUnsignedByte(at + 1);
            int there = to - at - 2;
            if (length > there) {
                throw new MalformedPacketException(
                        "option " + code + " at " + at + ": length " + length + " (expected: <= " + there + ")");
            }
            byte[] part = new byte[length];
            packet.getBytes(at + 2, part);
            values.merge(code, part, DhcpOptions::joined);
            at += 2 + length;
        }
    }

    private static byte[] joined(byte[] first, byte[] second) {
        byte[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }

    private void checkLength(int code) throws MalformedPacketException {
        byte[] value = values.get(code);
        if (value != null && value.length != LENGTHS.getOrDefault(code, value.length)) {
            throw new MalformedPacketException(
                    "option " + code + ": " + value.length + " bytes (expected: " + LENGTHS.get(code) + ")");
        }
    }

    Optional<byte[]> bytes(int code) {
        return Optional.ofNullable(values.get(code)).map(byte[]::clone);
    }

    /** {@return the value of an option of one byte} */
    Optional<Integer> octet(int code) {
        return Optional.ofNullable(values.get(code)).map(value -> value[0] & 0xff);
    }

    /** {@return the value of an option of four bytes} */
    Optional<Ip4> address(int code) {
        return Optional.ofNullable(values.get(code)).map(value -> Ip4.at(Unpooled.wrappedBuffer(value), 0));
    }

    /** {@return the value of an option of four bytes, unsigned} */
    OptionalLong seconds(int code) {
        Optional<Ip4> value = address(code);
        return value.isPresent()
                ? OptionalLong.of(Integer.toUnsignedLong(value.get().bits()))
                : OptionalLong.empty();
    }

    /** {@return the text of an option, in quotes} */
    Optional<String> quoted(int code) {
        return Optional.ofNullable(values.get(code)).map(Printable::quoted);
    }

    DhcpOptions put(int code, byte[] value) {
        values.put(code, value.clone());
        return this;
    }

    DhcpOptions put(int code, Ip4 value) {
        return putInt(code, value.bits());
    }

    DhcpOptions putInt(int code, int value) {
        return put(code, new byte[] {(byte) (value >>> 24), (byte) (value >>> 16), (byte) (value >>> 8), (byte) value});
    }

    DhcpOptions put(int code, String ascii) {
        return put(code, ascii.getBytes(StandardCharsets.US_ASCII));
    }

    DhcpOptions put(DhcpType type) {
        return put(MESSAGE_TYPE, new byte[] {(byte) type.code});
    }

    /** Writes all options: the message type first, the end option last, and values of more than 255 bytes in parts. */
    void write(ByteBuf packet) {
        byte[] type = values.get(MESSAGE_TYPE);
        if (type != null) {
            write(packet, MESSAGE_TYPE, type);
        }
        values.forEach((code, value) -> {
            if (code != MESSAGE_TYPE) {
                write(packet, code, value);
            }
        });
        packet.writeByte(END);
    }

    private static void write(ByteBuf packet, int code, byte[] value) {
        int at = 0;
        do {
            int length = Math.min(255, value.length - at);
            packet.writeByte(code).writeByte(length).writeBytes(value, at, length);
            at += length;
        } while (at < value.length);
    }
}
