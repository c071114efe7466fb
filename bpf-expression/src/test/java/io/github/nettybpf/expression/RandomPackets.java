package io.github.nettybpf.expression;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** Makes packets that random expressions have something to say about. */
final class RandomPackets {
    private static final int[] ADDRESSES = {0x0a000001, 0x0a000002, 0xc0a80101, 0xe0000005, -1, 0x7f000001, 0x0a010203};
    private static final long[][] ADDRESSES6 = {
        {0x20010db800000000L, 1}, {0xfe80000000000000L, 1}, {0, 1}, {0xff02000000000000L, 1}, {0x20010db800000000L, 2}
    };
    private static final String[] MACS = {"001122334455", "ffffffffffff", "01005e000005", "010203040506", "009922334455"
    };
    private static final int[] PORTS = {22, 53, 80, 443, 1024, 65535, 0, 9999};
    private static final int[] TYPES = {
        0x800, 0x800, 0x800, 0x86dd, 0x86dd, 0x806, 0x8035, 0x6003, 0x6004, 0x6007, 0x6001, 0x6002, 0x809b, 0x80f3,
        0x8137, 0x8100, 0x88a8, 0x9100, 0x8847, 0x8847, 0x8864, 0x8863, 64, 64, 64, 0x9000, 1, 4
    };
    private static final int[] PROTOCOLS = {6, 6, 17, 17, 132, 1, 58, 2, 103, 51, 50, 112, 9, 44, 0};

    private final Random random;
    private final LinkType type;
    private ByteBuffer packet = ByteBuffer.allocate(256);
    private @Nullable CapturedPacket whole;
    private int radiotapLength;
    private boolean isPadded;

    RandomPackets(Random random, LinkType type) {
        this.random = random;
        this.type = type;
    }

    /** {@return the last packet before it was cut, with zeros after it} */
    CapturedPacket whole() {
        return Objects.requireNonNull(whole);
    }

    private int any(int... choices) {
        return choices[random.nextInt(choices.length)];
    }

    /** {@return a packet with whole headers, most of the time} */
    CapturedPacket next(boolean cut) {
        packet = ByteBuffer.allocate(512);
        link();
        byte[] rest = new byte[random.nextInt(60)];
        random.nextBytes(rest);
        packet.put(rest, 0, Math.min(rest.length, packet.remaining()));
        // libpcap's programs begin with loads of the whole radiotap header and of the first byte of an 802.11 frame.
        int least = type == LinkType.IEEE802_11 || type == LinkType.IEEE802_11_RADIO ? radiotapLength + 1 : 0;
        int length = cut ? least + random.nextInt(packet.position() + 1 - least) : packet.position();
        byte[] bytes = Arrays.copyOf(packet.array(), length);
        int tag = random.nextBoolean() ? -1 : any(5, 0x2005, 6);
        CapturedPacket.Metadata metadata = new CapturedPacket.Metadata(any(0, 1, 4), any(1, 2, 3), tag);
        whole = new CapturedPacket(
                ByteBuffer.wrap(Arrays.copyOf(packet.array(), packet.position() + 100)), packet.position(), metadata);
        return new CapturedPacket(ByteBuffer.wrap(bytes), packet.position(), metadata);
    }

    private void link() {
        switch (type) {
            case EN10MB -> {
                mac();
                mac();
                typed();
            }
            case LINUX_SLL -> {
                packet.putShort((short) any(0, 1, 4))
                        .putShort((short) 1)
                        .putShort((short) 6)
                        .putLong(0);
                typed();
            }
            case LINUX_SLL2 -> {
                int at = packet.position();
                packet.put(new byte[20]);
                packet.putInt(at + 4, any(1, 2, 3)).put(10, (byte) any(0, 4));
                int carried = any(TYPES);
                packet.putShort(at, (short) carried);
                carried(carried);
            }
            case RAW -> carried(any(0x800, 0x86dd));
            case NULL -> family(0x02000000, 0x0a000000);
            case LOOP -> family(2, 10);
            case PPP, PPP_ETHER -> {
                if (type == LinkType.PPP) {
                    packet.putShort((short) 0xff03);
                } else {
                    packet.putShort((short) 0x1100).putShort((short) 7).putShort((short) 40);
                }
                int ppp = any(0x21, 0x57, 0x27, 0x281);
                packet.putShort((short) ppp);
                carried(ppp == 0x21 ? 0x800 : ppp == 0x57 ? 0x86dd : ppp == 0x27 ? 0x6003 : 0x8847);
            }
            case C_HDLC -> {
                packet.putShort((short) 0x0f00);
                typed();
            }
            case FRELAY -> packet.putLong(random.nextLong());
            case IPNET -> {
                int family = any(2, 26, 7);
                packet.put((byte) 1)
                        .put((byte) family)
                        .putShort((short) any(1, 2))
                        .put(new byte[20]);
                carried(family == 2 ? 0x800 : 0x86dd);
            }
            case IEEE802_11 -> frame();
            case IEEE802_11_RADIO -> {
                radiotap();
                frame();
            }
            case OTHER -> packet.put(new byte[random.nextInt(40)]);
        }
    }

    /** A radiotap header with all that its bits say: perhaps a time stamp, perhaps flags, of which 0x20 pads. */
    private void radiotap() {
        int present = any(0, 1, 2, 3, 3, 3);
        boolean isExtended = random.nextInt(6) == 0;
        int length = 8 + (isExtended ? 4 : 0) + 8 * (present & 1) + any(1, 2, 9, 17);
        packet.put((byte) 0).put((byte) 0).put((byte) length).put((byte) (length >>> 8));
        packet.put((byte) present).put((byte) 0).put((byte) 0).put((byte) (isExtended ? 0x80 : 0));
        byte[] fields = new byte[length - 8];
        random.nextBytes(fields);
        packet.put(fields);
        radiotapLength = length;
        isPadded = !isExtended && (present & 2) != 0 && (packet.get((present & 1) == 0 ? 8 : 16) & 0x20) != 0;
    }

    private void frame() {
        int control = any(0x08, 0x88, 0x08, 0x88, 0x00, 0x80, 0xb0, 0xb4, 0xc4, 0xd4, 0xa4, 0x48, 0xc8, 0x0c);
        packet.put((byte) control).put((byte) any(0, 1, 2, 3, 0x41)).putShort((short) 44);
        mac();
        mac();
        mac();
        packet.putShort((short) 16);
        boolean isData = (control & 0x0c) == 0x08;
        if (isData && (control & 0x80) != 0) {
            packet.putShort((short) 5);
        }
        while (isPadded && packet.position() % 4 != 0) {
            packet.put((byte) 0);
        }
        if (!isData) {
            mac();
        } else if (random.nextInt(4) == 0) {
            llc();
        } else {
            packet.putInt(0xaaaa0300).putShort((short) 0);
            typed();
        }
    }

    private void family(int ip, int ip6) {
        int family = any(ip, ip6, 7);
        packet.putInt(family);
        carried(family == ip ? 0x800 : 0x86dd);
    }

    private void mac() {
        packet.put(HexFormat.of().parseHex(MACS[random.nextInt(MACS.length)]));
    }

    private void typed() {
        int carried = any(TYPES);
        packet.putShort((short) carried);
        carried(carried);
    }

    private void carried(int carried) {
        if (packet.position() > 150) {
            return;
        }
        switch (carried) {
            case 0x800 -> ip();
            case 0x86dd -> ip6();
            case 0x806, 0x8035 -> {
                packet.putLong(0x0001080006040001L)
                        .putShort((short) 1)
                        .putInt(2)
                        .putInt(any(ADDRESSES));
                packet.putShort((short) 3).putInt(4).putInt(any(ADDRESSES));
            }
            case 0x8100, 0x88a8, 0x9100 -> {
                packet.putShort((short) any(5, 0x2005, 6));
                typed();
            }
            case 0x8847 -> labels();
            case 0x8864 -> {
                packet.putShort((short) 0x1100).putShort((short) any(7, 8)).putShort((short) 40);
                int ppp = any(0x21, 0x57, 0x281);
                packet.putShort((short) ppp);
                carried(ppp == 0x21 ? 0x800 : ppp == 0x57 ? 0x86dd : 0x8847);
            }
            case 0x6003 -> decnet();
            case 64, 4, 1 -> llc();
            default -> packet.putLong(random.nextLong());
        }
    }

    private void labels() {
        packet.putInt(any(16, 17) << 12 | any(0, 0x100) | 64);
        if ((packet.get(packet.position() - 2) & 1) == 0 && packet.position() < 80) {
            labels();
        } else {
            carried(any(0x800, 0x86dd));
        }
    }

    private void decnet() {
        packet.putShort((short) 30);
        packet.put((byte) any(2, 6, 0x81));
        byte[] rest = new byte[24];
        random.nextBytes(rest);
        for (int i = 0; i + 1 < rest.length && random.nextInt(3) > 0; i += 2) {
            rest[i] = 5;
            rest[i + 1] = 4;
        }
        packet.put(rest);
    }

    private void llc() {
        int sap = any(0xfefe, 0x4242, 0xaaaa, 0xf0f0, 0xe0e0, 0xffff, 0x0606, 0xaaaa);
        packet.putShort((short) sap);
        if (sap == 0xaaaa) {
            int organization = any(0, 0x080007);
            packet.put((byte) 3).put((byte) (organization >> 16)).putShort((short) organization);
            packet.putShort((short) any(0x809b, 0x80f3, 0x8137, 0x800));
            return;
        }
        packet.put((byte) any(3, 5, 1, 0, 0xaf));
        packet.put((byte) any(0x81, 0x82, 0x83)).put((byte) 27).put((byte) 1).put((byte) 0);
        packet.put((byte) any(15, 16, 17, 18, 20, 24, 25, 26, 27)).putInt(0);
    }

    private void ip() {
        int words = any(5, 5, 5, 6);
        int protocol = any(PROTOCOLS);
        int fragment = any(0, 0, 0, 0x4000, 0x2000, 0x00ff);
        packet.put((byte) (any(0x40, 0x40, 0x40, 0x60) | words)).put((byte) any(0, 0xb8));
        packet.putShort((short) random.nextInt(200)).putShort((short) 1).putShort((short) fragment);
        packet.put((byte) 64).put((byte) protocol).putShort((short) 0);
        packet.putInt(any(ADDRESSES)).putInt(any(ADDRESSES));
        for (int i = 5; i < words; i++) {
            packet.putInt(0x01010101);
        }
        transport(protocol);
    }

    private void ip6() {
        int protocol = any(PROTOCOLS);
        packet.putInt(0x60000000).putShort((short) 40).put((byte) protocol).put((byte) 64);
        for (int i = 0; i < 2; i++) {
            long[] address = ADDRESSES6[random.nextInt(ADDRESSES6.length)];
            packet.putLong(address[0]).putLong(address[1]);
        }
        if (protocol == 44) {
            packet.put((byte) any(PROTOCOLS)).put((byte) 0).putShort((short) 0).putInt(1);
        }
        transport(protocol);
    }

    private void transport(int protocol) {
        if (protocol == 17 && random.nextInt(3) == 0) {
            geneve();
            return;
        }
        packet.putShort((short) any(PORTS)).putShort((short) any(PORTS));
        packet.putLong(random.nextLong()).put((byte) 0x50).put((byte) any(2, 16, 18, 4, 0xff));
        packet.putShort((short) random.nextInt());
    }

    private void geneve() {
        packet.putShort((short) any(PORTS)).putShort((short) 6081).putInt(0);
        int options = any(0, 0, 1, 3);
        boolean frame = random.nextBoolean();
        int carried = any(TYPES);
        packet.put((byte) (any(0, 0, 0, 0x40) | options)).put((byte) 0);
        packet.putShort((short) (frame ? 0x6558 : carried)).putInt(any(7, 7, 8) << 8);
        for (int i = 0; i < options; i++) {
            packet.putInt(random.nextInt());
        }
        if (frame) {
            mac();
            mac();
            typed();
        } else {
            carried(carried);
        }
    }
}
