package io.github.nettybpf.packet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.netty.BpfFilterHandler;
import io.github.nettybpf.netty.FilterStats.Location;
import io.github.nettybpf.netty.Offload;
import io.github.nettybpf.packet.kernel.Kernel;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Packet channels on devices of other kinds than Ethernet cards and their like, and behind a queue that delays,
 * duplicates, loses and damages frames. A test is skipped where the kernel lacks the kind.
 */
class PacketDevicesTest {
    private static final class C {
        static {
            Native.register(C.class, NativeLibrary.getProcess());
        }

        static native int open(String path, int flags);

        static native long read(int fd, byte[] bytes, long length);

        static native long write(int fd, byte[] bytes, long length);

        static native int close(int fd);
    }

    private Namespace namespace;

    @BeforeEach
    void enter() {
        namespace = new Namespace();
    }

    @AfterEach
    void leave() {
        if (namespace != null) {
            namespace.close();
        }
    }

    private static BpfFilterHandler handler(String program, Offload offload) {
        return BpfFilterHandler.builder(Program.parse(program.replace("; ", "\n")))
                .offload(offload)
                .build();
    }

    private static Tap in(ReceiveMode mode, BpfFilterHandler handler) {
        return new Tap(handler).with(PacketChannelOption.RECEIVE_MODE, mode);
    }

    private static String hex(ByteBuf frame) {
        return ByteBufUtil.hexDump(frame);
    }

    /** What is sent on a dummy goes nowhere, and is seen as outgoing. */
    @ParameterizedTest
    @EnumSource
    void aDummyShowsWhatIsSent(ReceiveMode mode) throws Exception {
        Namespace.assumeRun("ip link add d0 type dummy");
        Namespace.up("d0");
        BpfFilterHandler filter = handler(Tap.OURS, Offload.REQUIRED);
        try (Tap sender = new Tap().with(PacketChannelOption.OUTGOING, false).bind("d0");
                Tap seen = in(mode, filter).bind("d0")) {
            sender.send(Tap.frame(60, 1).setShort(12, 0x88b6));
            sender.send(Tap.frame(61, 2));
            PacketFrame frame = seen.next();
            assertEquals(hex(Tap.frame(61, 2)), hex(frame.content()));
            assertEquals(PacketAddress.OUTGOING, frame.packetType());
            frame.release();
            assertEquals(new PacketStatistics(1, 0), seen.channel.statistics());
            assertEquals(Location.KERNEL, filter.stats().location());
            assertEquals(List.of(), List.copyOf(sender.received));
            Namespace.run("ip link set d0 down");
            assertEquals(PacketInterfaceEvent.DOWN, seen.event());
            Namespace.run("ip link del d0");
            assertEquals(PacketInterfaceEvent.DELETED, seen.event());
            assertEquals("inactive", seen.event());
        }
    }

    /** A VLAN device sends and receives without the tag; the device below it has the tag beside the frame. */
    @ParameterizedTest
    @CsvSource({"RING, 802.1Q, 5", "RING, 802.1ad, 7", "READ, 802.1Q, 5", "READ, 802.1ad, 7"})
    void aVlanDeviceHasFramesOfItsVlan(ReceiveMode mode, String protocol, int vlan) throws Exception {
        Namespace.pair("a0", "b0");
        for (String below : List.of("a0", "b0")) {
            Namespace.assumeRun("ip link add link " + below + " name " + below + ".v type vlan protocol "
                    + protocol.toLowerCase(Locale.ROOT) + " id " + vlan);
            Namespace.up(below + ".v");
        }
        int tpid = protocol.equals("802.1Q") ? 0x8100 : 0x88a8;
        String tagged = "ld vlan_avail; jne #1, no; ld vlan_tci; and #0xfff; jne #" + vlan + ", no; ldh [12]; jne"
                + " #0x88b5, no; ret #-1; no: ret #0";
        try (Tap sender = new Tap().bind("a0.v");
                Tap parent = new Tap().bind("a0");
                Tap onVlan = in(mode, handler(Tap.OURS, Offload.REQUIRED)).bind("b0.v");
                Tap kernel = in(mode, handler(tagged, Offload.REQUIRED)).bind("b0");
                Tap pipeline = in(mode, handler(tagged, Offload.NEVER)).bind("b0");
                Tap putBack = in(mode, handler(tagged, Offload.REQUIRED))
                        .with(PacketChannelOption.PUT_VLAN_BACK, true)
                        .bind("b0")) {
            parent.send(Tap.frame(60, 1));
            sender.send(Tap.frame(60, 2).setShort(12, 0x88b6));
            sender.send(Tap.frame(61, 3));
            PacketFrame frame = onVlan.next();
            assertEquals(hex(Tap.frame(61, 3)), hex(frame.content()));
            assertFalse(frame.hasVlan());
            assertEquals("b0.v", frame.address().interfaceName());
            frame.release();
            for (Tap below : List.of(kernel, pipeline)) {
                PacketFrame withTag = below.next();
                assertEquals(hex(Tap.frame(61, 3)), hex(withTag.content()));
                assertTrue(withTag.hasVlan());
                assertEquals(vlan, withTag.vlanTci());
                assertEquals(tpid, withTag.vlanTpid());
                withTag.release();
            }
            String untagged = hex(Tap.frame(61, 3));
            assertEquals(
                    untagged.substring(0, 24) + "%04x%04x".formatted(tpid, vlan) + untagged.substring(24),
                    putBack.nextHex());
            assertEquals(new PacketStatistics(1, 0), onVlan.channel.statistics());
            assertEquals(new PacketStatistics(1, 0), kernel.channel.statistics());
        }
    }

    /** A bond has the frames of the devices that it consists of, and goes on when the active one is down. */
    @ParameterizedTest
    @EnumSource
    void aBondHasTheFramesOfItsDevices(ReceiveMode mode) throws Exception {
        Namespace.pair("a0", "b0");
        Namespace.pair("a1", "b1");
        Namespace.assumeRun("ip link add bond0 type bond mode active-backup miimon 10");
        for (String part : List.of("a0", "a1")) {
            Namespace.run("ip link set " + part + " down");
            Namespace.run("ip link set " + part + " master bond0");
        }
        for (String name : List.of("bond0", "a0", "a1")) {
            Namespace.up(name);
        }
        PacketLifecycleTest.await("the bond's carrier", () -> Namespace.run("ip -o link show bond0")
                .contains("LOWER_UP"));
        Namespace.run("ip link set bond0 type bond active_slave a0");
        BpfFilterHandler filter = handler(Tap.OURS, Offload.REQUIRED);
        try (Tap b0 = Tap.ofOurs().with(PacketChannelOption.OUTGOING, false).bind("b0");
                Tap b1 = Tap.ofOurs().with(PacketChannelOption.OUTGOING, false).bind("b1");
                Tap bond = in(mode, filter)
                        .with(PacketChannelOption.OUTGOING, false)
                        .bind("bond0")) {
            b0.send(Tap.frame(60, 1).setShort(12, 0x88b6));
            b0.send(Tap.frame(61, 2));
            PacketFrame frame = bond.next();
            assertEquals(hex(Tap.frame(61, 2)), hex(frame.content()));
            assertEquals("bond0", frame.address().interfaceName());
            frame.release();
            bond.send(Tap.frame(62, 3));
            assertEquals(hex(Tap.frame(62, 3)), b0.nextHex());
            Namespace.run("ip link set a0 down");
            PacketLifecycleTest.await(
                    "a1", () -> Namespace.run("ip -d -o link show bond0").contains("active_slave a1"));
            bond.send(Tap.frame(63, 4));
            assertEquals(hex(Tap.frame(63, 4)), b1.nextHex());
            b1.send(Tap.frame(64, 5));
            assertEquals(hex(Tap.frame(64, 5)), bond.nextHex());
            assertEquals(Location.KERNEL, filter.stats().location());
            assertEquals(List.of(), List.copyOf(bond.events));
        }
    }

    /** The other end of a tun or tap device: a process. */
    private static final class OtherEnd implements AutoCloseable {
        private static final int O_RDWR_CLOEXEC = 0x80002;
        private static final long TUNSETIFF = 0x400454ca;
        private static final int IFF_NO_PI = 0x1000;
        static final int IFF_TUN = 1;
        static final int IFF_TAP = 2;

        private final int fd;

        /** Creates the device, which exists until this is closed, and has a carrier. */
        OtherEnd(String name, int kind) {
            fd = C.open("/dev/net/tun", O_RDWR_CLOEXEC);
            assumeTrue(fd >= 0, "no /dev/net/tun");
            byte[] request = new byte[40];
            byte[] bytes = name.getBytes(StandardCharsets.US_ASCII);
            System.arraycopy(bytes, 0, request, 0, bytes.length);
            ByteBuffer.wrap(request).order(ByteOrder.nativeOrder()).putShort(16, (short) (kind | IFF_NO_PI));
            assertEquals(0, Kernel.control(fd, TUNSETIFF, request));
            Namespace.up(name);
        }

        void write(byte[] frame) {
            assertEquals(frame.length, C.write(fd, frame, frame.length));
        }

        String read() {
            byte[] frame = new byte[2048];
            long length = C.read(fd, frame, frame.length);
            return HexFormat.of().formatHex(frame, 0, Math.toIntExact(length));
        }

        @Override
        public void close() {
            C.close(fd);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aTapIsAnEthernet(ReceiveMode mode) throws Exception {
        BpfFilterHandler filter = handler(Tap.OURS, Offload.REQUIRED);
        try (OtherEnd process = new OtherEnd("t0", OtherEnd.IFF_TAP);
                Tap tap = in(mode, filter)
                        .with(PacketChannelOption.OUTGOING, false)
                        .bind("t0")) {
            process.write(ByteBufUtil.getBytes(Tap.frame(60, 1).setShort(12, 0x88b6)));
            process.write(ByteBufUtil.getBytes(Tap.frame(61, 2)));
            assertEquals(hex(Tap.frame(61, 2)), tap.nextHex());
            assertEquals(new PacketStatistics(1, 0), tap.channel.statistics());
            tap.send(Tap.frame(62, 3));
            assertEquals(hex(Tap.frame(62, 3)), process.read());
        }
    }

    /** A tun device has IP packets and no link-layer header, so it needs a channel of type DGRAM. */
    @ParameterizedTest
    @EnumSource(names = {"RING", "READ"})
    void aTunHasNoLinkLayer(ReceiveMode mode) throws Exception {
        PacketChannel.Type type = PacketChannel.Type.DGRAM;
        String udp = "ldb [9]; jne #17, no; ld [0xfff0000c]; jne #0x0a090001, no; ret #-1; no: ret #0";
        byte[] packet = HexFormat.of().parseHex("4500001d00000000401100000a0900010a0900020035003500090000ab");
        byte[] tcp = Arrays.copyOf(packet, packet.length);
        tcp[9] = 6;
        try (OtherEnd process = new OtherEnd("t0", OtherEnd.IFF_TUN);
                Tap kernel = new Tap(type, handler(udp, Offload.REQUIRED))
                        .with(PacketChannelOption.RECEIVE_MODE, mode)
                        .with(PacketChannelOption.OUTGOING, false)
                        .bind("t0");
                Tap pipeline = new Tap(type, handler(udp, Offload.NEVER))
                        .with(PacketChannelOption.RECEIVE_MODE, mode)
                        .with(PacketChannelOption.OUTGOING, false)
                        .bind("t0")) {
            process.write(tcp);
            process.write(packet);
            for (Tap tap : List.of(kernel, pipeline)) {
                PacketFrame frame = tap.next();
                assertEquals(HexFormat.of().formatHex(packet), hex(frame.content()));
                assertEquals(0, frame.networkOffset());
                assertEquals(0x0800, frame.protocol());
                assertEquals(0xfffe, frame.hardwareType());
                frame.release();
            }
            assertEquals(new PacketStatistics(1, 0), kernel.channel.statistics());
            assertEquals(new PacketStatistics(2, 0), pipeline.channel.statistics());
        }
    }

    private static List<String> receive(Tap tap, int count) throws InterruptedException {
        List<String> frames = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            frames.add(tap.nextHex());
        }
        return frames;
    }

    @ParameterizedTest
    @EnumSource
    void delayedAndDuplicatedFramesAllArrive(ReceiveMode mode) throws Exception {
        Namespace.pair("a0", "b0");
        Namespace.assumeRun("tc qdisc add dev a0 root netem delay 5ms duplicate 100%");
        try (Tap a = new Tap().bind("a0");
                Tap b = in(mode, handler(Tap.OURS, Offload.REQUIRED)).bind("b0")) {
            List<String> expected = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                a.send(Tap.frame(60 + i, i).setShort(12, i % 2 == 0 ? Tap.ETHERTYPE : 0x88b6));
                if (i % 2 == 0) {
                    expected.add(hex(Tap.frame(60 + i, i)));
                    expected.add(hex(Tap.frame(60 + i, i)));
                }
            }
            // A duplicate is queued after frames that were sent meanwhile.
            assertEquals(
                    expected.stream().sorted().toList(),
                    receive(b, 50).stream().sorted().toList());
            assertEquals(new PacketStatistics(50, 0), b.channel.statistics());
        }
    }

    /** Frames with a wrong bit, and one in two lost: the kernel's verdicts are the pipeline's. */
    @Test
    void damagedFramesAreJudgedAsTheyArrive() throws Exception {
        Namespace.pair("a0", "b0");
        Namespace.assumeRun("tc qdisc add dev a0 root netem corrupt 100% loss 50%");
        String program = "ldh [12]; jne #0x88b5, no; ldb [20]; and #1; jne #0, no; ret #-1; no: ret #0";
        try (Tap a = new Tap().bind("a0");
                Tap all = new Tap().bind("b0");
                Tap kernel = new Tap(handler(program, Offload.REQUIRED)).bind("b0");
                Tap pipeline = new Tap(handler(program, Offload.NEVER)).bind("b0")) {
            for (int i = 0; i < 400; i++) {
                a.send(Tap.frame(24, i));
            }
            Namespace.run("tc qdisc del dev a0 root");
            a.send(Tap.frame(25, 0));
            String last = hex(Tap.frame(25, 0));
            List<List<String>> seen = new ArrayList<>();
            for (Tap tap : List.of(all, kernel, pipeline)) {
                List<String> frames = new ArrayList<>();
                do {
                    frames.add(tap.nextHex());
                } while (!frames.get(frames.size() - 1).equals(last));
                seen.add(frames);
            }
            assertEquals(seen.get(1), seen.get(2));
            assertTrue(seen.get(0).size() < 400, "none was lost");
            assertTrue(seen.get(1).size() < seen.get(0).size(), "none was dropped");
            assertTrue(seen.get(1).size() > 1, "none was kept");
        }
    }
}
