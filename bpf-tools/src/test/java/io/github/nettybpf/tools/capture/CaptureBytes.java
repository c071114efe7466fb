package io.github.nettybpf.tools.capture;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.GZIPOutputStream;

/** Writes captures for tests, right ones and wrong ones, in either byte order. */
public final class CaptureBytes {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteOrder order;

    public CaptureBytes(ByteOrder order) {
        this.order = order;
    }

    public static CaptureBytes pcap(ByteOrder order, int magic, int linkType) {
        return new CaptureBytes(order)
                .u32(magic)
                .u16(2)
                .u16(4)
                .u32(0)
                .u32(0)
                .u32(262144)
                .u32(linkType);
    }

    /** A pcap file of microseconds and Ethernet. */
    public static CaptureBytes pcap() {
        return pcap(ByteOrder.LITTLE_ENDIAN, 0xa1b2c3d4, 1);
    }

    public static CaptureBytes pcapng(ByteOrder order) {
        return new CaptureBytes(order).section();
    }

    public CaptureBytes u8(int value) {
        out.write(value);
        return this;
    }

    public CaptureBytes u16(int value) {
        return bytes(ByteBuffer.allocate(2).order(order).putShort((short) value).array());
    }

    public CaptureBytes u32(long value) {
        return bytes(ByteBuffer.allocate(4).order(order).putInt((int) value).array());
    }

    public CaptureBytes u64(long value) {
        return bytes(ByteBuffer.allocate(8).order(order).putLong(value).array());
    }

    public CaptureBytes bytes(byte[] bytes) {
        out.writeBytes(bytes);
        return this;
    }

    /** A record of a pcap file. */
    public CaptureBytes record(long seconds, long fraction, int wireLength, byte[] packet) {
        return u32(seconds).u32(fraction).u32(packet.length).u32(wireLength).bytes(packet);
    }

    public CaptureBytes section() {
        return block(0x0a0d0d0a, part().u32(0x1a2b3c4d).u16(1).u16(0).u64(-1));
    }

    /** An interface description block; options are codes with their values, in pairs. */
    public CaptureBytes describe(int linkType, int snapLength, Object... options) {
        return block(1, part().u16(linkType).u16(0).u32(snapLength).options(options));
    }

    public CaptureBytes enhanced(int id, long stamp, int wireLength, byte[] packet, Object... options) {
        CaptureBytes body = part().u32(id)
                .u32(stamp >>> 32)
                .u32(stamp)
                .u32(packet.length)
                .u32(wireLength)
                .bytes(packet)
                .pad(packet.length);
        return block(6, body.options(options));
    }

    private CaptureBytes options(Object... options) {
        for (int i = 0; i < options.length; i += 2) {
            byte[] value = (byte[]) options[i + 1];
            u16((Integer) options[i]).u16(value.length).bytes(value).pad(value.length);
        }
        return options.length == 0 ? this : u32(0);
    }

    public CaptureBytes obsolete(int id, long stamp, int wireLength, byte[] packet) {
        return block(
                2,
                part().u16(id)
                        .u16(0xffff)
                        .u32(stamp >>> 32)
                        .u32(stamp)
                        .u32(packet.length)
                        .u32(wireLength)
                        .bytes(packet)
                        .pad(packet.length));
    }

    public CaptureBytes simple(int wireLength, byte[] packet) {
        return block(3, part().u32(wireLength).bytes(packet).pad(packet.length));
    }

    public CaptureBytes block(int type, CaptureBytes body) {
        int length = body.out.size() + 12;
        return u32(type).u32(length).bytes(body.toByteArray()).u32(length);
    }

    /** {@return what is to be put into this one} */
    public CaptureBytes part() {
        return new CaptureBytes(order);
    }

    private CaptureBytes pad(int length) {
        return bytes(new byte[-length & 3]);
    }

    public byte[] toByteArray() {
        return out.toByteArray();
    }

    public static byte[] gzip(byte[] bytes) {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
            gzip.write(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return packed.toByteArray();
    }
}
