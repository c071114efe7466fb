package io.github.nettybpf.benchmarks;

import java.nio.ByteBuffer;
import java.util.Random;

/** Makes random packets of the kinds that a server receives. */
final class FrameMaker {
    /** A mix of packets. */
    interface Mix {
        /** {@return a packet of the kind that the mix has at this percentage, 0..99} */
        byte[] frame(FrameMaker maker, int percent);
    }

    private static final int ETHERNET = 14;
    private static final int IPV4 = 0x0800;
    private static final int ARP = 0x0806;
    private static final int IPV6 = 0x86dd;
    private static final int ICMP = 1;
    private static final int TCP = 6;
    private static final int UDP = 17;
    private static final int ICMPV6 = 58;
    private static final int SOURCE = 26;
    private static final int DESTINATION = 30;
    private static final int SOURCE_PORT = 34;
    private static final int[] PORTS = {53, 80, 123, 443, 993, 3306, 5432, 6379, 8080};

    private final Random random;

    FrameMaker(Random random) {
        this.random = random;
    }

    /** {@return an Ethernet frame as a server receives it} */
    byte[] server(int percent) {
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

    /**
     * {@return a frame} A quarter are from or to a listed host and port, a quarter have only a listed port, a quarter
     * only a listed host; the rest are as {@link #server}.
     */
    byte[] hostsAndPorts(int percent) {
        if (percent >= 75) {
            return server((percent - 75) * 4);
        }
        byte[] frame = ipv4(random.nextBoolean() ? TCP : UDP, percent < 50 ? any(Lists.PORTS) : otherPort(), 0, 5);
        if (percent < 25 || percent >= 50) {
            ByteBuffer.wrap(frame).putInt(random.nextBoolean() ? SOURCE : DESTINATION, any(Lists.HOSTS));
        }
        return frame;
    }

    /** {@return a frame} A quarter are from a listed host; the rest are as {@link #server}. */
    byte[] sourceHosts(int percent) {
        return percent < 25 ? from(any(Lists.HOSTS)) : server((percent - 25) * 4 / 3);
    }

    /** {@return a frame} Three quarters are from a host that has a verdict; the rest are as {@link #server}. */
    byte[] verdictHosts(int percent) {
        return percent < 75 ? from(any(Lists.VERDICT_HOSTS)) : server((percent - 75) * 4);
    }

    /** {@return a frame} A quarter contain a value of the list; the rest are as {@link #server}. */
    byte[] listed(int percent, ListBenchmark.Kind kind, int[] list) {
        if (percent >= 25) {
            return server((percent - 25) * 4 / 3);
        }
        byte[] bytes = from(any(list));
        ByteBuffer frame = ByteBuffer.wrap(bytes);
        switch (kind) {
            case HOST -> {
                if (random.nextBoolean()) {
                    frame.putInt(DESTINATION, frame.getInt(SOURCE)).putInt(SOURCE, random.nextInt());
                }
            }
            case SOURCE_HOST -> {}
            case SOURCE_NET -> frame.put(SOURCE + 3, (byte) random.nextInt());
            case SOURCE_PORT -> frame.putShort(SOURCE_PORT, (short) any(list));
        }
        return bytes;
    }

    private byte[] from(int host) {
        byte[] frame = ipv4(random.nextBoolean() ? TCP : UDP, otherPort(), 0, 5);
        ByteBuffer.wrap(frame).putInt(SOURCE, host);
        return frame;
    }

    /**
     * {@return a packet as a DHCP server's socket receives it, from the UDP header on} Half are requests, the rest is
     * junk of several kinds.
     */
    byte[] dhcp(int percent) {
        if (percent < 50) {
            return bootp(67, 1, Lists.DHCP_COOKIE);
        } else if (percent < 65) {
            return bootp(68, 2, Lists.DHCP_COOKIE);
        } else if (percent < 75) {
            return bootp(67, 2, Lists.DHCP_COOKIE);
        } else if (percent < 85) {
            return bootp(67, 1, random.nextInt());
        }
        byte[] bytes = new byte[Lists.UDP_HEADER + random.nextInt(400)];
        random.nextBytes(bytes);
        udp(bytes, random.nextBoolean() ? 67 : otherPort());
        return bytes;
    }

    private byte[] bootp(int port, int op, int cookie) {
        byte[] bytes = new byte[Lists.UDP_HEADER + 300];
        ByteBuffer packet = udp(bytes, port);
        packet.put((byte) op).put((byte) 1).put((byte) 6).put((byte) 0).putInt(random.nextInt());
        packet.putInt(Lists.DHCP_COOKIE_AT, cookie);
        return bytes;
    }

    private ByteBuffer udp(byte[] bytes, int port) {
        ByteBuffer packet = ByteBuffer.wrap(bytes);
        return packet.putShort((short) (1024 + random.nextInt(60000)))
                .putShort((short) port)
                .putShort((short) bytes.length)
                .putShort((short) 0);
    }

    private int any(int[] values) {
        return values[random.nextInt(values.length)];
    }

    private byte[] arp() {
        byte[] bytes = new byte[60];
        ByteBuffer frame = ethernet(bytes, ARP);
        frame.putInt(0x00010800).putShort((short) 0x0604).putShort((short) (1 + random.nextInt(2)));
        return bytes;
    }

    /**
     * {@return an IPv4 frame} Words is the header length (IHL) in 32-bit words, 5..15; fragment is the fragment offset
     * in units of 8 bytes.
     */
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

    /**
     * {@return the frame, positioned after the Ethernet header} It is filled with random bytes, and has the ethertype.
     */
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
        return any(PORTS);
    }

    /**
     * {@return a random frame length} Two fifths are the minimum, one fifth is the maximum, and the rest lies between.
     */
    private int size(int least) {
        int smallest = Math.max(60, least);
        return switch (random.nextInt(5)) {
            case 0, 1 -> smallest;
            case 2, 3 -> smallest + random.nextInt(1515 - smallest);
            default -> 1514;
        };
    }
}
