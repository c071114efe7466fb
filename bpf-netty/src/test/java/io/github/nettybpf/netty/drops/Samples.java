package io.github.nettybpf.netty.drops;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.nettybpf.core.Placement;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Samples of dropped packets, and what a file of them has. */
final class Samples {
    static final Instant TIME = Instant.parse("2026-01-02T03:04:05.000000006Z");
    static final String RULE = "insn 1: jeq #53: no: insn 5: ret #0";

    private Samples() {}

    static InetSocketAddress address(String ip, int port) throws IOException {
        return new InetSocketAddress(InetAddress.getByName(ip), port);
    }

    static DroppedPacket datagram(
            byte[] content, int length, @Nullable InetSocketAddress from, @Nullable InetSocketAddress to) {
        return new DroppedPacket(
                TIME, content, length, true, from, to, Placement.UDP_SOCKET, DropReason.PROGRAM, RULE, 50, false);
    }

    static DroppedPacket frame(Placement placement, byte[] content) {
        return new DroppedPacket(
                TIME, content, content.length, false, null, null, placement, DropReason.SOURCE_DENIED, "", 1, false);
    }

    static byte[] hex(String digits) {
        return HexFormat.of().parseHex(digits.replace(" ", ""));
    }

    /** A block of the file: the type, and all between the two lengths. */
    record Block(int type, ByteBuffer body) {
        byte[] bytes(int from, int count) {
            byte[] bytes = new byte[count];
            body.get(body.position() + from, bytes);
            return bytes;
        }

        int i32(int at) {
            return body.getInt(body.position() + at);
        }

        byte[] packet() {
            return bytes(20, i32(12));
        }

        String comment() {
            int at = 20 + (i32(12) + 3) / 4 * 4;
            assertEquals(1, body.getShort(body.position() + at));
            return new String(bytes(at + 4, body.getShort(body.position() + at + 2) & 0xffff), UTF_8);
        }
    }

    static List<Block> blocks(Path file) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        List<Block> blocks = new ArrayList<>();
        while (bytes.hasRemaining()) {
            int type = bytes.getInt();
            int length = bytes.getInt();
            blocks.add(
                    new Block(type, bytes.slice(bytes.position(), length - 12).order(ByteOrder.LITTLE_ENDIAN)));
            bytes.position(bytes.position() + length - 12);
            assertEquals(length, bytes.getInt());
        }
        return blocks;
    }

    static List<Block> packets(Path file) throws IOException {
        return blocks(file).stream().filter(block -> block.type() == 6).toList();
    }
}
