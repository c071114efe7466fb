package io.github.nettybpf.benchmarks;

import io.github.nettybpf.core.Filter;
import io.github.nettybpf.core.Packet;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.Function;

/**
 * Implementations of {@link Packet} that are not arrays. After a call site has seen three classes it is megamorphic,
 * and HotSpot no longer inlines the calls.
 */
final class OtherPackets {
    private static final int ROUNDS = 20;
    private static final int FRAMES = 4 * Frames.COUNT;

    private OtherPackets() {}

    /** Runs the filter on every kind of packet, often enough for HotSpot to compile it. */
    static void run(Filter filter, Frames frames) {
        List<Function<byte[], Packet>> kinds =
                List.of(bytes -> new InBuffer(ByteBuffer.wrap(bytes)), OtherPackets::direct, Reversed::of, Packet::of);
        for (int round = 0; round < ROUNDS; round++) {
            for (Function<byte[], Packet> kind : kinds) {
                new FilterLoop(filter, frames.packets(kind)).checksum(0, FRAMES);
            }
        }
    }

    private static Packet direct(byte[] bytes) {
        return new Direct(
                new InBuffer(ByteBuffer.allocateDirect(bytes.length).put(bytes).flip()));
    }

    /** A packet in a buffer. */
    private record InBuffer(ByteBuffer buffer) implements Packet {
        @Override
        public int length() {
            return buffer.limit();
        }

        @Override
        public int u8(int offset) {
            return buffer.get(offset) & 0xff;
        }

        @Override
        public int u16(int offset) {
            return buffer.getShort(offset) & 0xffff;
        }

        @Override
        public int u32(int offset) {
            return buffer.getInt(offset);
        }
    }

    /** A packet in a direct buffer. */
    private record Direct(InBuffer packet) implements Packet {
        @Override
        public int length() {
            return packet.length();
        }

        @Override
        public int u8(int offset) {
            return packet.u8(offset);
        }

        @Override
        public int u16(int offset) {
            return packet.u16(offset);
        }

        @Override
        public int u32(int offset) {
            return packet.u32(offset);
        }
    }

    /** A packet whose bytes are stored in reverse order. */
    private static final class Reversed implements Packet {
        private final byte[] bytes;

        private Reversed(byte[] bytes) {
            this.bytes = bytes;
        }

        static Packet of(byte[] bytes) {
            byte[] reversed = new byte[bytes.length];
            for (int i = 0; i < bytes.length; i++) {
                reversed[i] = bytes[bytes.length - 1 - i];
            }
            return new Reversed(reversed);
        }

        @Override
        public int length() {
            return bytes.length;
        }

        @Override
        public int u8(int offset) {
            return bytes[bytes.length - 1 - offset] & 0xff;
        }

        @Override
        public int u16(int offset) {
            return u8(offset) << 8 | u8(offset + 1);
        }

        @Override
        public int u32(int offset) {
            return u16(offset) << 16 | u16(offset + 2);
        }
    }
}
