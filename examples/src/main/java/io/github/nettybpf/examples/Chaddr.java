package io.github.nettybpf.examples;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.HexFormat;
import java.util.Optional;

/**
 * The client's hardware address in a BOOTP packet: its type, its length, and 16 bytes. The length
 * is 0 if the client is known by its identifier only (RFC 4390).
 *
 * @param type the hardware type (RFC 1700); 1 is Ethernet
 * @param length the number of bytes that count, 0 to 16
 * @param first the first 8 bytes of the field
 * @param rest the other 8 bytes
 */
record Chaddr(int type, int length, long first, long rest) {
    static final int ETHERNET = 1;
    static final int FIELD = 16;

    static Chaddr of(Mac mac) {
        return new Chaddr(ETHERNET, Mac.LENGTH, mac.bits() << 16, 0);
    }

    /** Reads {@code TYPE/HEX}, as {@link #encoded} writes it. */
    static Chaddr parse(String text) {
        int slash = text.indexOf('/');
        byte[] bytes = HexFormat.of().parseHex(text.substring(slash + 1));
        if (slash < 0 || bytes.length > FIELD) {
            throw new IllegalArgumentException("more than 16 bytes, or no type");
        }
        ByteBuf field = Unpooled.buffer(FIELD).writeBytes(bytes).writeZero(FIELD - bytes.length);
        return new Chaddr(Integer.parseInt(text.substring(0, slash)), bytes.length, field.readLong(), field.readLong());
    }

    /** {@return the address, if it is an Ethernet address that one interface can have} */
    Optional<Mac> station() {
        return Optional.of(new Mac(first >>> 16))
                .filter(mac -> type == ETHERNET && length == Mac.LENGTH && mac.isStation());
    }

    private byte[] bytes() {
        byte[] bytes = new byte[length];
        Unpooled.buffer(FIELD).writeLong(first).writeLong(rest).readBytes(bytes);
        return bytes;
    }

    /** {@return the address as one word: its type, a slash, and its bytes in hexadecimal} */
    String encoded() {
        return type + "/" + HexFormat.of().formatHex(bytes());
    }

    /** {@return the bytes in hexadecimal, after the type if it is not Ethernet} */
    @Override
    public String toString() {
        String bytes = length == 0 ? "-" : HexFormat.ofDelimiter(":").formatHex(bytes());
        return type == ETHERNET ? bytes : "type " + type + " " + bytes;
    }
}
