package io.github.nettybpf.examples;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.util.NetUtil;

/** An IPv4 address. Addresses are ordered as unsigned numbers. */
record Ip4(int bits) implements Comparable<Ip4> {
    static final Ip4 ANY = new Ip4(0);
    static final Ip4 BROADCAST = new Ip4(-1);

    static Ip4 parse(String text) {
        if (!NetUtil.isValidIpV4Address(text)) {
            throw new IllegalArgumentException(Printable.quoted(text) + " (expected: an IPv4 address)");
        }
        return at(Unpooled.wrappedBuffer(NetUtil.createByteArrayFromIpAddressString(text)), 0);
    }

    static Ip4 at(ByteBuf buffer, int index) {
        return new Ip4(buffer.getInt(index));
    }

    boolean isAny() {
        return bits == 0;
    }

    /** {@return whether one host can have this address, which is not 0.0.0.0, multicast (class D), or above} */
    boolean isHost() {
        return !isAny() && Integer.compareUnsigned(bits, 0xe000_0000) < 0;
    }

    @Override
    public int compareTo(Ip4 other) {
        return Integer.compareUnsigned(bits, other.bits);
    }

    @Override
    public String toString() {
        return NetUtil.intToIpAddress(bits);
    }
}
