package io.github.nettybpf.examples;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The options of a DHCP message (RFC 2132), by their codes. */
final class DhcpOptions {
    static final int SUBNET_MASK = 1;
    static final int ROUTER = 3;
    static final int DNS = 6;
    static final int HOST_NAME = 12;
    static final int DOMAIN = 15;
    static final int BROADCAST_ADDRESS = 28;
    static final int REQUESTED_ADDRESS = 50;
    static final int LEASE_TIME = 51;
    static final int OVERLOAD = 52;
    static final int MESSAGE_TYPE = 53;
    static final int SERVER_ID = 54;
    static final int PARAMETERS = 55;
    static final int MESSAGE = 56;
    static final int RENEWAL_TIME = 58;
    static final int REBINDING_TIME = 59;
    static final int VENDOR_CLASS = 60;
    static final int CLIENT_ID = 61;
    static final int RELAY_AGENT = 82;
    private static final int PAD = 0;
    private static final int END = 255;

    /** Offsets and lengths of the fields of a BOOTP packet (RFC 951). */
    private static final int SNAME = 44;

    private static final int SNAME_LENGTH = 64;
    private static final int FILE = 108;
    private static final int FILE_LENGTH = 128;
    private static final int OPTIONS = 240;

    /** The values by code, in ascending order. */
    private final Map<Integer, byte[]> values = new TreeMap<>();

    /**
     * Reads the options of a BOOTP packet of at least 240 bytes. Option 52 (overload) can say that {@code file} and
     * {@code sname} contain options as well; inside those fields it is ignored, so they are read once. The parts of an
     * option that occurs more than once are joined (RFC 3396).
     *
     * <p>Nothing is refused: one bad option must not hide the others. An option that leaves its field ends the field. A
     * value of a fixed length that is too short is as if it were not there, and what follows that length is ignored, so
     * that of an option that occurs twice the first one counts.
     */
    static DhcpOptions parse(ByteBuf packet) {
        DhcpOptions options = new DhcpOptions();
        options.read(packet, OPTIONS, packet.writerIndex());
        byte[] overload = options.values.get(OVERLOAD);
        int fields = options.octet(OVERLOAD).orElse(0);
        if ((fields & 1) != 0) {
            options.read(packet, FILE, FILE + FILE_LENGTH);
        }
        if ((fields & 2) != 0) {
            options.read(packet, SNAME, SNAME + SNAME_LENGTH);
        }
        if (overload != null) {
            options.values.put(OVERLOAD, overload);
        }
        return options;
    }

    private void read(ByteBuf packet, int from, int to) {
        int at = from;
        while (at < to) {
            int code = packet.getUnsignedByte(at);
            if (code == PAD) {
                at++;
                continue;
            }
            int end = (code == END || at + 1 == to) ? to + 1 : at + 2 + packet.getUnsignedByte(at + 1);
            if (end > to) {
                return;
            }
            byte[] part = new byte[end - at - 2];
            packet.getBytes(at + 2, part);
            values.merge(code, part, DhcpOptions::joined);
            at = end;
        }
    }

    private static byte[] joined(byte[] first, byte[] second) {
        byte[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }

    Optional<byte[]> bytes(int code) {
        return Optional.ofNullable(values.get(code)).map(byte[]::clone);
    }

    /** {@return the value of an option of one byte} */
    Optional<Integer> octet(int code) {
        return bytes(code).filter(value -> value.length >= 1).map(value -> value[0] & 0xff);
    }

    /** {@return the value of an option of one address} */
    Optional<Ip4> address(int code) {
        return addresses(code).stream().findFirst();
    }

    /** {@return the value of an option of addresses} */
    List<Ip4> addresses(int code) {
        ByteBuf value = Unpooled.wrappedBuffer(bytes(code).orElse(new byte[0]));
        List<Ip4> addresses = new ArrayList<>();
        while (value.isReadable(Integer.BYTES)) {
            addresses.add(new Ip4(value.readInt()));
        }
        return addresses;
    }

    /** {@return the codes in option 55, which are those of the options that the client asks for} */
    List<Integer> parameters() {
        List<Integer> codes = new ArrayList<>();
        for (byte code : bytes(PARAMETERS).orElse(new byte[0])) {
            codes.add(code & 0xff);
        }
        return codes;
    }

    /** {@return the value of an option of four bytes, unsigned} */
    Optional<Long> seconds(int code) {
        return address(code).map(value -> Integer.toUnsignedLong(value.bits()));
    }

    /** {@return the text of an option, with escapes for what is not printable} */
    Optional<String> text(int code) {
        return Optional.ofNullable(values.get(code)).map(Printable::escaped);
    }

    DhcpOptions put(int code, byte[] value) {
        values.put(code, value.clone());
        return this;
    }

    DhcpOptions put(int code, Ip4 value) {
        return putInt(code, value.bits());
    }

    /** Puts an option of addresses, or none if there are no addresses. */
    DhcpOptions put(int code, List<Ip4> addresses) {
        ByteBuf value = Unpooled.buffer(addresses.size() * Integer.BYTES);
        addresses.forEach(address -> value.writeInt(address.bits()));
        return addresses.isEmpty() ? this : put(code, value.array());
    }

    DhcpOptions putInt(int code, int value) {
        return put(code, new byte[] {(byte) (value >>> 24), (byte) (value >>> 16), (byte) (value >>> 8), (byte) value});
    }

    /** Puts an option of text, or none if the text is empty. */
    DhcpOptions put(int code, String ascii) {
        return ascii.isEmpty() ? this : put(code, ascii.getBytes(StandardCharsets.US_ASCII));
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
