package io.github.nettybpf.examples;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * A case of dhcp-cases.txt: messages that clients send one after the other, and what is answered. A message is its type,
 * or BOOTP for none, and words of the form NAME=HEX that change the frame: an option by its number, which can occur more
 * than once; a field of the BOOTP, UDP, IP or Ethernet header; {@code length=}, {@code pad=} and {@code sport=} in
 * decimal. {@code $A} is the address in the last answer, and {@code client=2} another client.
 */
record DhcpCase(int number, String rule, List<String> messages, String answers) {
    private static final Map<String, Integer> FIELDS = Map.ofEntries(
            Map.entry("op", 0),
            Map.entry("htype", 1),
            Map.entry("hlen", 2),
            Map.entry("hops", 3),
            Map.entry("secs", 8),
            Map.entry("flags", 10),
            Map.entry("ciaddr", 12),
            Map.entry("yiaddr", 16),
            Map.entry("siaddr", 20),
            Map.entry("giaddr", 24),
            Map.entry("chaddr", 28),
            Map.entry("sname", 44),
            Map.entry("file", 108),
            Map.entry("cookie", 236));
    private static final int SHORTEST = 300;
    private static final int UDP = 34;

    static List<DhcpCase> all() throws IOException {
        List<DhcpCase> cases = new ArrayList<>();
        try (InputStream text = DhcpCase.class.getResourceAsStream("dhcp-cases.txt")) {
            String all = new String(text.readAllBytes(), StandardCharsets.UTF_8);
            for (String line : all.lines().filter(it -> !it.startsWith("#")).toList()) {
                String[] columns = line.split(" \\| ", -1);
                cases.add(new DhcpCase(cases.size() + 1, columns[0], List.of(columns[1].split("; ", -1)), columns[2]));
            }
        }
        return cases;
    }

    /**
     * {@return the frame of a message}
     *
     * @param xid the transaction identifier
     * @param address what {@code $A} stands for
     */
    ByteBuf frame(String message, int xid, Ip4 address) {
        String hex = HexFormat.of().toHexDigits(address.bits());
        String[] words = message.replace("$A", hex).split(" ", -1);
        Mac mac = mac(1);
        Mac to = Mac.BROADCAST;
        Ip4 source = Ip4.ANY;
        Ip4 destination = Ip4.BROADCAST;
        int sourcePort = DhcpMessage.CLIENT_PORT;
        int length = -1;
        boolean end = true;
        ByteBuf packet = Unpooled.buffer(SHORTEST);
        packet.writeInt(0x01010600).writeInt(xid).writeZero(20 + 16 + 64 + 128).writeInt(0x63825363);
        if (!words[0].equals("BOOTP")) {
            packet.writeByte(53).writeByte(1).writeByte(DhcpType.valueOf(words[0]).code);
        }
        packet.setLong(28, mac.bits() << 16);
        for (String word : List.of(words).subList(1, words.length)) {
            String name = word.contains("=") ? word.substring(0, word.indexOf('=')) : word;
            String value = word.substring(Math.min(word.length(), name.length() + 1));
            switch (name) {
                case "client" -> {
                    mac = mac(Integer.parseInt(value));
                    packet.setLong(28, mac.bits() << 16);
                }
                case "length" -> length = Integer.parseInt(value);
                case "pad" -> packet.writeZero(Integer.parseInt(value));
                case "sport" -> sourcePort = Integer.parseInt(value);
                case "src" -> source = new Ip4(HexFormat.fromHexDigits(value));
                case "dst" -> destination = new Ip4(HexFormat.fromHexDigits(value));
                case "mac" -> to = new Mac(HexFormat.fromHexDigitsToLong(value));
                case "noend" -> end = false;
                case "raw" -> packet.writeBytes(HexFormat.of().parseHex(value));
                case "vlan", "nosum", "badsum", "ipoptions", "trailer" -> {}
                default -> {
                    byte[] bytes = HexFormat.of().parseHex(value);
                    Integer field = FIELDS.get(name);
                    if (field != null) {
                        packet.setBytes(field, bytes);
                    } else {
                        packet.writeByte(Integer.parseInt(name))
                                .writeByte(bytes.length)
                                .writeBytes(bytes);
                    }
                }
            }
        }
        if (end) {
            packet.writeByte(255);
        }
        if (length >= 0) {
            packet.writerIndex(length);
        } else if (end) {
            packet.writeZero(Math.max(0, SHORTEST - packet.readableBytes()));
        }
        UdpFrame headers = new UdpFrame(mac, to, source, sourcePort, destination, DhcpMessage.SERVER_PORT);
        return changed(headers.encode(ByteBufAllocator.DEFAULT, packet), List.of(words));
    }

    /** Changes what {@link UdpFrame} writes correctly. */
    private static ByteBuf changed(ByteBuf frame, List<String> words) {
        ByteBuf result = frame;
        for (String word : words) {
            if (word.equals("nosum")) {
                result.setShort(UDP + 6, 0);
            } else if (word.equals("badsum")) {
                result.setShort(UDP + 6, result.getShort(UDP + 6) ^ 0x0101);
            } else if (word.equals("trailer")) {
                result.writeBytes(new byte[] {1, 2, 3, 4, 5});
            } else if (word.equals("ipoptions")) {
                result = withIpOptions(result);
            } else if (word.startsWith("vlan=")) {
                int tag = 0x8100_0000 | HexFormat.fromHexDigits(word.substring("vlan=".length()));
                result = Unpooled.buffer()
                        .writeBytes(result, 0, 12)
                        .writeInt(tag)
                        .writeBytes(result, 12, result.readableBytes() - 12);
            }
        }
        return result;
    }

    /** Adds four options that do nothing, and corrects length and checksum for them. */
    private static ByteBuf withIpOptions(ByteBuf frame) {
        ByteBuf result = Unpooled.buffer()
                .writeBytes(frame, 0, UDP)
                .writeInt(0x01010101)
                .writeBytes(frame, UDP, frame.readableBytes() - UDP);
        result.setByte(14, 0x46).setShort(16, result.getUnsignedShort(16) + 4).setShort(24, 0);
        int sum = 0;
        for (int i = 14; i < UDP + 4; i += 2) {
            sum += result.getUnsignedShort(i);
        }
        return result.setShort(24, ~((sum & 0xffff) + (sum >>> 16)));
    }

    private Mac mac(int client) {
        return new Mac(0x0200_0000_0000L | (long) number << 8 | client);
    }

    @Override
    public String toString() {
        return rule;
    }
}
