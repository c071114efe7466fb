package io.github.nettybpf.netty.pcapng;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * Blocks of a pcapng file, one after the other in memory. Each method that begins a block writes its fixed fields; options
 * may follow, and {@link #end} completes it. For one thread.
 *
 * <p>Source: the draft "PCAP Now Generic (pcapng) Capture File Format" (opsawg).
 */
public final class PcapngBlocks {
    /** The option of any block that describes it for people. */
    public static final int COMMENT = 1;

    /** The option of a section that names the application that writes it. */
    public static final int SECTION_APPLICATION = 4;

    /** The options of an interface: its name, a description, the unit of its time stamps, and seconds to add to them. */
    public static final int INTERFACE_NAME = 2;

    public static final int INTERFACE_DESCRIPTION = 3;
    public static final int INTERFACE_RESOLUTION = 9;
    public static final int INTERFACE_TIME_OFFSET = 14;

    /** The option of a packet that says, for example, that it is inbound. */
    public static final int PACKET_FLAGS = 2;

    private static final int SECTION = 0x0a0d0d0a;
    private static final int ORDER_MAGIC = 0x1a2b3c4d;
    private static final int UNKNOWN_LENGTH = -1;
    private static final int INTERFACE = 1;
    private static final int ENHANCED_PACKET = 6;
    private static final int OPTION_HEADER = 4;
    private static final int MOST_OPTION = 0xffff;
    private static final int INITIAL_BYTES = 1024;

    private ByteBuffer bytes = ByteBuffer.allocate(INITIAL_BYTES);
    private int blockStart;
    private boolean hasOptions;

    /** Removes all blocks. */
    public void clear() {
        bytes.clear();
    }

    /** {@return the array that has the blocks from its first byte on; overwritten by those that are added later} */
    public byte[] array() {
        return bytes.array();
    }

    /** {@return how many bytes the blocks have} */
    public int length() {
        return bytes.position();
    }

    /**
     * Begins a section header.
     *
     * @param order the byte order of the section, from this block on
     */
    public PcapngBlocks section(ByteOrder order) {
        bytes.order(order);
        begin(SECTION, 16);
        bytes.putInt(ORDER_MAGIC).putShort((short) 1).putShort((short) 0).putLong(UNKNOWN_LENGTH);
        return this;
    }

    /**
     * Begins the description of an interface, whose packets have any length.
     *
     * @param linkType a LINKTYPE_ number
     */
    public PcapngBlocks describe(int linkType) {
        begin(INTERFACE, 8);
        bytes.putShort((short) linkType).putShort((short) 0).putInt(0);
        return this;
    }

    /**
     * Begins a packet. {@link #data} is to follow, once for all captured bytes or more often.
     *
     * @param interfaceId the number of its interface in the section, from 0
     * @param stamp the time stamp, unsigned, in units of the interface
     * @param captured how many bytes follow
     * @param wireLength its length on the wire, unsigned
     */
    public PcapngBlocks packet(int interfaceId, long stamp, int captured, int wireLength) {
        begin(ENHANCED_PACKET, 20 + captured);
        bytes.putInt(interfaceId).putInt((int) (stamp >>> 32)).putInt((int) stamp);
        bytes.putInt(captured).putInt(wireLength);
        return this;
    }

    private void begin(int type, int bodyLength) {
        blockStart = bytes.position();
        hasOptions = false;
        reserve(8 + bodyLength);
        bytes.putInt(type).putInt(0); // end() writes the length
    }

    /** Appends bytes of a packet. */
    public PcapngBlocks data(byte[] from, int start, int length) {
        reserve(length);
        bytes.put(from, start, length);
        return this;
    }

    /** Appends an option with a text, of which the first 65,535 bytes at most are kept. */
    public PcapngBlocks option(int code, String text) {
        byte[] value = text.getBytes(StandardCharsets.UTF_8);
        int length = Math.min(value.length, MOST_OPTION);
        while (length < value.length && (value[length] & 0xc0) == 0x80) {
            length--; // no part of a character
        }
        return option(code, value, length);
    }

    /** Appends an option with a number of 1, 4 or 8 bytes. */
    public PcapngBlocks option(int code, long number, int length) {
        ByteBuffer value = ByteBuffer.allocate(length).order(bytes.order());
        switch (length) {
            case 1 -> value.put((byte) number);
            case 4 -> value.putInt((int) number);
            case 8 -> value.putLong(number);
            default -> throw new IllegalArgumentException(length + " bytes (expected: 1, 4 or 8)");
        }
        return option(code, value.array(), length);
    }

    private PcapngBlocks option(int code, byte[] value, int length) {
        pad();
        reserve(OPTION_HEADER + length);
        bytes.putShort((short) code).putShort((short) length).put(value, 0, length);
        hasOptions = true;
        return this;
    }

    /** Completes the block. */
    public void end() {
        pad();
        reserve(OPTION_HEADER + 4);
        if (hasOptions) {
            bytes.putInt(0);
        }
        int length = bytes.position() + 4 - blockStart;
        bytes.putInt(length).putInt(blockStart + 4, length);
    }

    /** Options and the end of a block begin at multiples of four bytes, and so do blocks. */
    private void pad() {
        int padding = -bytes.position() & 3;
        reserve(padding);
        bytes.put(new byte[padding]);
    }

    private void reserve(int count) {
        if (bytes.remaining() < count) {
            int capacity = Math.max(2 * bytes.capacity(), bytes.position() + count);
            bytes = ByteBuffer.allocate(capacity).order(bytes.order()).put(bytes.flip());
        }
    }
}
