package io.github.nettybpf.packet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBufUtil;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The hardware address of an interface changes while a channel is bound to it. */
@ExtendWith(InNamespace.class)
class HardwareAddressTest {
    private static String addressOf(Tap tap) {
        return ByteBufUtil.hexDump(tap.channel.localAddress().hardwareAddress());
    }

    @Test
    void aChangeIsTold() throws Exception {
        try (Tap a = new Tap().bind("a0");
                Tap b = Tap.ofOurs().bind("b0");
                Tap any = new Tap(PacketChannel.Type.DGRAM).bind(PacketAddress.any())) {
            for (String address : new String[] {"020000000011", "020000000012"}) {
                Namespace.run("ip link set b0 address " + address.replaceAll("(..)(?=.)", "$1:"));
                assertEquals(PacketInterfaceEvent.ADDRESS_CHANGED, b.event());
                assertEquals(address, addressOf(b));
                assertEquals("b0", b.channel.localAddress().interfaceName());
            }
            a.send(Tap.frame(60, 1));
            assertEquals(ByteBufUtil.hexDump(Tap.frame(60, 1)), b.nextHex());
            // Nothing has changed for these, which were asked as often.
            assertTrue(a.events.isEmpty(), a.events::toString);
            assertTrue(any.events.isEmpty(), any.events::toString);
        }
    }

    @Test
    void aBridgeHasTheAddressOfItsMember() throws Exception {
        Namespace.assumeRun("ip link add br0 type bridge");
        Namespace.pair("m0", "n0");
        Namespace.run("ip link set br0 up");
        try (Tap bridge = new Tap().bind("br0");
                Tap member = new Tap().bind("m0")) {
            Namespace.run("ip link set m0 master br0");
            assertEquals(PacketInterfaceEvent.ADDRESS_CHANGED, bridge.event());
            assertEquals(addressOf(member), addressOf(bridge));
        }
    }

    @Test
    void aBondHasTheAddressOfItsMember() throws Exception {
        Namespace.assumeRun("ip link add bond0 type bond mode active-backup");
        Namespace.pair("o0", "p0");
        Namespace.run("ip link set o0 down");
        Namespace.run("ip link set bond0 up");
        try (Tap bond = new Tap().bind("bond0");
                Tap member = new Tap().bind("o0")) {
            Namespace.run("ip link set o0 master bond0");
            assertEquals(PacketInterfaceEvent.ADDRESS_CHANGED, bond.event());
            assertEquals(addressOf(member), addressOf(bond));
        }
    }
}
