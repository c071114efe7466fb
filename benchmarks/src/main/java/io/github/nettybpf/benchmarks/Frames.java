package io.github.nettybpf.benchmarks;

import io.github.nettybpf.core.Packet;
import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/**
 * A mix of Ethernet frames as a server sees them, and a random order to look at them in. The same in every run: all comes
 * from one seed.
 *
 * <p>The order visits each frame {@link #ROUNDS} times. It is that long because a branch predictor learns an order of 1,024
 * packets by heart.
 */
final class Frames {
    static final int COUNT = 1024;
    static final int ROUNDS = 64;

    private static final long SEED = 0x22;
    private static final int ETHERNET = 14;
    private static final int IPV4 = 0x0800;
    private static final int ARP = 0x0806;
    private static final int IPV6 = 0x86dd;
    private static final int ICMP = 1;
    private static final int TCP = 6;
    private static final int UDP = 17;
    private static final int ICMPV6 = 58;
    private static final int[] PORTS = {53, 80, 123, 443, 993, 3306, 5432, 6379, 8080};

    final List<byte[]> frames;

    /** Indices of frames: {@link #ROUNDS} permutations of all of them, one behind the other. */
    final int[] order;

    private final Random random = new Random(SEED);

    Frames() {
        List<byte[]> made = new ArrayList<>(COUNT);
        for (int i = 0; i < COUNT; i++) {
            made.add(frame(i * 100 / COUNT));
        }
        Collections.shuffle(made, random);
        frames = List.copyOf(made);
        order = order();
    }

    /** {@return the frames in their order}, each frame's packet made once */
    Packet[] packets() {
        List<Packet> packets = frames.stream().map(Packet::of).toList();
        Packet[] ordered = new Packet[order.length];
        for (int i = 0; i < ordered.length; i++) {
            ordered[i] = packets.get(order[i]);
        }
        return ordered;
    }

    /**
     * Writes the frames and the order for another process, all numbers 32 bits big-endian: the number of frames, for each
     * its length and its bytes; the length of the order, and the order.
     *
     * @param file where to
     * @throws IOException if the file cannot be written
     */
    void write(Path file) throws IOException {
        try (DataOutputStream out = new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(file)))) {
            out.writeInt(frames.size());
            for (byte[] frame : frames) {
                out.writeInt(frame.length);
                out.write(frame);
            }
            out.writeInt(order.length);
            for (int index : order) {
                out.writeInt(index);
            }
        }
    }

    private int[] order() {
        List<Integer> indices = new ArrayList<>(COUNT);
        for (int i = 0; i < COUNT; i++) {
            indices.add(i);
        }
        int[] all = new int[COUNT * ROUNDS];
        for (int at = 0; at < all.length; at += COUNT) {
            Collections.shuffle(indices, random);
            for (int i = 0; i < COUNT; i++) {
                all[at + i] = indices.get(i);
            }
        }
        return all;
    }

    /** {@return a frame of the kind that stands at this percentage of the mix} */
    private byte[] frame(int percent) {
        if (percent < 4) {
            return arp();
        } else if (percent < 16) {
            return ipv4(TCP, 22, 0, 5);
        } else if (percent < 48) {
            return ipv4(TCP, otherPort(), 0, 5);
        } else if (percent < 63) {
            return ipv4(UDP, otherPort(), 0, 5);
        } else if (percent < 66) {
            return ipv4(ICMP, otherPort(), 0, 5);
        } else if (percent < 69) {
            return ipv4(UDP, otherPort(), 1 + random.nextInt(180), 5);
        } else if (percent < 73) {
            return ipv4(TCP, random.nextBoolean() ? 22 : otherPort(), 0, 6 + random.nextInt(10));
        } else if (percent < 78) {
            return ipv6(TCP, 22);
        } else if (percent < 88) {
            return ipv6(TCP, otherPort());
        } else if (percent < 94) {
            return ipv6(UDP, otherPort());
        } else if (percent < 96) {
            return ipv6(ICMPV6, otherPort());
        }
        return junk();
    }

    private byte[] arp() {
        byte[] bytes = new byte[60];
        ByteBuffer frame = ethernet(bytes, ARP);
        frame.putInt(0x00010800).putShort((short) 0x0604).putShort((short) (1 + random.nextInt(2)));
        return bytes;
    }

    /** Words is the length of the header in 32-bit words, 5..15; fragment is the offset in units of 8 bytes. */
    private byte[] ipv4(int protocol, int port, int fragment, int words) {
        byte[] bytes = new byte[size(ETHERNET + words * 4 + 20)];
        ByteBuffer frame = ethernet(bytes, IPV4);
        int start = frame.position();
        frame.put((byte) (0x40 | words)).put((byte) 0).putShort((short) (bytes.length - ETHERNET));
        frame.putShort((short) random.nextInt()).putShort((short) (fragment != 0 ? fragment : 0x4000));
        frame.put((byte) 64).put((byte) protocol);
        frame.position(start + words * 4);
        putPorts(frame, port);
        return bytes;
    }

    private byte[] ipv6(int protocol, int port) {
        byte[] bytes = new byte[size(ETHERNET + 40 + 20)];
        ByteBuffer frame = ethernet(bytes, IPV6);
        int start = frame.position();
        frame.putInt(0x60000000).putShort((short) (bytes.length - ETHERNET - 40));
        frame.put((byte) protocol).put((byte) 64);
        frame.position(start + 40);
        putPorts(frame, port);
        return bytes;
    }

    private byte[] junk() {
        byte[] bytes = new byte[size(60)];
        random.nextBytes(bytes);
        return bytes;
    }

    /** Fills a frame with random bytes behind an Ethernet header of this type. {@return what is behind the header} */
    private ByteBuffer ethernet(byte[] bytes, int type) {
        random.nextBytes(bytes);
        return ByteBuffer.wrap(bytes).putShort(12, (short) type).position(ETHERNET);
    }

    private void putPorts(ByteBuffer frame, int port) {
        int ephemeral = 32768 + random.nextInt(28232);
        boolean request = random.nextBoolean();
        frame.putShort((short) (request ? ephemeral : port)).putShort((short) (request ? port : ephemeral));
    }

    private int otherPort() {
        return PORTS[random.nextInt(PORTS.length)];
    }

    /** Many frames are as small as they can be, many are full, and few lie between. */
    private int size(int least) {
        int smallest = Math.max(60, least);
        return switch (random.nextInt(5)) {
            case 0, 1 -> smallest;
            case 2, 3 -> smallest + random.nextInt(1515 - smallest);
            default -> 1514;
        };
    }
}
