package io.github.nettybpf.netty.drops;

import static io.github.nettybpf.netty.drops.Samples.datagram;
import static io.github.nettybpf.netty.drops.Samples.packets;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MadeUpHeadersTest {
    @TempDir
    private Path directory;

    /** Lengths, sums and addresses of random samples, by the definitions in RFC 768, 791 and 8200. */
    @Test
    void headersAreRightForRandomSamples() throws IOException {
        Random random = new Random(21);
        DropFile file = DropFile.open(directory.resolve("drops.pcapng"), Long.MAX_VALUE, 0);
        List<DroppedPacket> samples = new ArrayList<>();
        for (int i = 0; i < 10_000; i++) {
            byte[] content = new byte[i % 500 == 0 ? 65_000 + random.nextInt(536) : random.nextInt(200)];
            random.nextBytes(content);
            int length = content.length + (random.nextInt(4) == 0 ? random.nextInt(70_000) : 0);
            boolean isIpv6 = random.nextBoolean();
            DroppedPacket sample =
                    datagram(content, length, randomAddress(random, isIpv6), randomAddress(random, isIpv6));
            samples.add(sample);
            file.dropped(sample);
        }
        file.close();
        List<Samples.Block> packets = packets(directory.resolve("drops.pcapng"));
        assertEquals(samples.size(), packets.size());
        for (int i = 0; i < samples.size(); i++) {
            check(samples.get(i), packets.get(i));
        }
    }

    private static InetSocketAddress randomAddress(Random random, boolean isIpv6) throws IOException {
        byte[] ip = new byte[isIpv6 ? 16 : 4];
        random.nextBytes(ip);
        ip[0] |= 1; // not the wildcard
        return new InetSocketAddress(InetAddress.getByAddress(ip), random.nextInt(65536));
    }

    private static void check(DroppedPacket sample, Samples.Block block) {
        byte[] bytes = block.packet();
        ByteBuffer packet = ByteBuffer.wrap(bytes);
        byte[] from = sample.sender().orElseThrow().getAddress().getAddress();
        byte[] to = sample.recipient().orElseThrow().getAddress().getAddress();
        int ipHeader = from.length == 4 ? 20 : 40;
        int udpLength = Math.min(8 + sample.length(), from.length == 4 ? 65515 : 65535);
        int captured = Math.min(sample.content().remaining(), udpLength - 8);
        assertEquals(ipHeader + 8 + captured, bytes.length);
        assertEquals(ipHeader + 8 + sample.length(), block.i32(16));
        ByteBuffer pseudo = ByteBuffer.allocate(from.length + to.length + 4 + 8 + captured + 1);
        pseudo.put(from).put(to).putShort((short) 17).putShort((short) udpLength);
        pseudo.put(bytes, ipHeader, 8 + captured);
        assertEquals(0xffff, onesComplementSum(pseudo.array()));
        if (from.length == 4) {
            assertEquals(0xffff, onesComplementSum(block.bytes(20, 20)));
            assertEquals(20 + udpLength, packet.getShort(2) & 0xffff);
            assertEquals(0x45, bytes[0]);
            assertEquals(64, bytes[8]);
            assertEquals(17, bytes[9]);
            assertArrayEquals(from, block.bytes(32, 4));
            assertArrayEquals(to, block.bytes(36, 4));
        } else {
            assertEquals(0x60000000, packet.getInt(0));
            assertEquals(udpLength, packet.getShort(4) & 0xffff);
            assertEquals(17, bytes[6]);
            assertEquals(64, bytes[7]);
            assertArrayEquals(from, block.bytes(28, 16));
            assertArrayEquals(to, block.bytes(44, 16));
        }
        assertEquals(sample.sender().orElseThrow().getPort(), packet.getShort(ipHeader) & 0xffff);
        assertEquals(sample.recipient().orElseThrow().getPort(), packet.getShort(ipHeader + 2) & 0xffff);
        assertEquals(udpLength, packet.getShort(ipHeader + 4) & 0xffff);
        assertTrue(packet.getShort(ipHeader + 6) != 0);
        assertEquals(sample.content().limit(captured), packet.position(ipHeader + 8));
    }

    private static int onesComplementSum(byte[] bytes) {
        int sum = 0;
        for (int at = 0; at + 1 < bytes.length; at += 2) {
            sum += (bytes[at] & 0xff) << 8 | (bytes[at + 1] & 0xff);
            sum = (sum & 0xffff) + (sum >>> 16);
        }
        return sum;
    }
}
