package io.github.nettybpf.netty.reuseport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.OptionalInt;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class QuicConnectionIdsTest {
    private static final InetSocketAddress FROM = at(1, 5000);
    private static final InetSocketAddress OTHER = at(2, 6000);
    private static final InetSocketAddress TO = at(1, 443);

    private static InetSocketAddress at(int host, int port) {
        try {
            return new InetSocketAddress(InetAddress.getByAddress(bytes(127, 0, 0, host)), port);
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
    }

    private static OptionalInt slot(SlotFunction function, InetSocketAddress from, byte[]... parts) {
        ByteBuf datagram = Unpooled.wrappedBuffer(parts);
        return function.slot(SteeredDatagram.of(datagram, from, TO));
    }

    private static byte[] bytes(int... values) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) values[i];
        }
        return bytes;
    }

    @ParameterizedTest
    @ValueSource(ints = {8, 9, 16, 20})
    void anIdOfASlotGoesThereInBothHeaders(int length) {
        QuicConnectionIds ids = new QuicConnectionIds(42);
        SlotFunction function = Steering.quicConnectionId(ids).toSlots(5);
        for (int slot = 0; slot < 5; slot++) {
            QuicConnectionIds.Generator generator = ids.forSlot(slot, 5);
            for (int i = 0; i < 50; i++) {
                byte[] id = generator.next(length);
                assertEquals(length, id.length);
                OptionalInt expected = OptionalInt.of(slot);
                assertEquals(expected, slot(function, FROM, bytes(0x40), id));
                assertEquals(expected, slot(function, OTHER, bytes(0x7f), id, bytes(1, 2, 3)));
                assertEquals(expected, slot(function, FROM, bytes(0xc0, 0, 0, 0, 1, length), id));
                assertEquals(expected, slot(function, OTHER, bytes(0xe0, 0x6b, 0x33, 0x43, 0xcf, length), id));
            }
        }
    }

    @Test
    void whatHasNoIdGoesByItsSource() {
        SlotFunction byId = Steering.quicConnectionId(new QuicConnectionIds(42)).toSlots(7);
        SlotFunction bySource = Steering.bySource().toSlots(7);
        byte[][] withoutId = {
            {},
            bytes(0x40),
            bytes(0x40, 1, 2, 3, 4, 5, 6, 7),
            bytes(0xc0, 0, 0, 0, 1, 8, 1, 2, 3, 4, 5, 6, 7),
            bytes(0xc0, 0, 0, 0, 1, 7, 1, 2, 3, 4, 5, 6, 7, 8),
            bytes(0xc0, 0, 0, 0, 1, 0, 1, 2, 3, 4, 5, 6, 7, 8)
        };
        for (byte[] datagram : withoutId) {
            assertEquals(slot(bySource, FROM), slot(byId, FROM, datagram));
            assertEquals(slot(bySource, OTHER), slot(byId, OTHER, datagram));
        }
    }

    @Test
    void idsOfClientsAreSpreadAndAnotherKeySpreadsThemOtherwise() {
        Random random = new Random(20261130);
        SlotFunction function =
                Steering.quicConnectionId(new QuicConnectionIds(1)).toSlots(4);
        SlotFunction other = Steering.quicConnectionId(new QuicConnectionIds(2)).toSlots(4);
        int[] found = new int[4];
        int same = 0;
        int ids = 8000;
        for (int i = 0; i < ids; i++) {
            byte[] id = new byte[8];
            random.nextBytes(id);
            int slot = slot(function, FROM, bytes(0x40), id).orElseThrow();
            found[slot]++;
            same += slot(other, FROM, bytes(0x40), id).orElseThrow() == slot ? 1 : 0;
        }
        for (int each : found) {
            assertEquals(2000.0, each, 200.0);
        }
        assertEquals(2000.0, same, 200.0);
    }

    @Test
    void whatIsNoSlotOrNoLengthIsRefused() {
        QuicConnectionIds ids = new QuicConnectionIds();
        assertEquals(
                "slot 4 of 4 (expected: 0..3)",
                assertThrows(IllegalArgumentException.class, () -> ids.forSlot(4, 4))
                        .getMessage());
        QuicConnectionIds.Generator generator = ids.forSlot(0, 4);
        for (int length : new int[] {0, 7, 21}) {
            assertEquals(
                    "connection id of " + length + " bytes (expected: 8..20)",
                    assertThrows(IllegalArgumentException.class, () -> generator.next(length))
                            .getMessage());
        }
        assertTrue(generator.next(8).length == 8);
    }
}
