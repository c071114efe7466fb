package io.github.nettybpf.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.nettybpf.core.Placement;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.core.address.AddressSet;
import io.github.nettybpf.netty.FilterStats.Location;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.socket.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Sets of sources on real sockets: loopback has 16 million addresses to send from. */
class SourceSetsTest {
    private static final Program ALL = Program.parse("ret #-1");

    /** 50,000 addresses, of which 127.0.0.2 and 127.0.0.3 are two, and 127.0.0.1 is none. */
    private static AddressSet many() {
        Random random = new Random(3);
        AddressSet.Builder set = AddressSet.builder().addAll("127.0.0.2\n127.0.0.3\n2001:db8::/32");
        for (int i = 0; i < 50_000; i++) {
            set.addAll("127." + (1 + random.nextInt(255)) + "." + random.nextInt(256) + "." + random.nextInt(256));
        }
        return set.build();
    }

    private static void send(FilteredReceiver receiver, String from, String packet) throws Exception {
        InetSocketAddress to = (InetSocketAddress) receiver.channel.localAddress();
        byte[] bytes = new byte[packet.length() / 2];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) Integer.parseInt(packet, 2 * i, 2 * i + 2, 16);
        }
        try (DatagramSocket socket = new DatagramSocket(new InetSocketAddress(from, 0))) {
            socket.send(
                    new java.net.DatagramPacket(bytes, bytes.length, InetAddress.getLoopbackAddress(), to.getPort()));
        }
    }

    private static BpfFilterHandlerBuilder builder() {
        return BpfFilterHandler.builder(Program.parse(FilteredReceiver.ON_UDP));
    }

    private static boolean isKernel(Transport transport) {
        return transport != Transport.NIO_UDP;
    }

    /** Denied first, then what is not allowed, then the program: 127.0.0.4 is allowed, and the program keeps what begins with 1. */
    private static void assertJudged(FilteredReceiver receiver) throws Exception {
        send(receiver, "127.0.0.2", "0102");
        send(receiver, "127.0.0.9", "0103");
        send(receiver, "127.0.0.4", "0004");
        send(receiver, "127.0.0.4", "01050505");
        assertEquals("010505", receiver.next());
        assertTrue(receiver.received.isEmpty());
    }

    @ParameterizedTest
    @EnumSource(names = "EPOLL_UNIX", mode = EnumSource.Mode.EXCLUDE)
    void deniedAllowedProgram(Transport transport) throws Exception {
        BpfFilterHandler handler = builder()
                .denySources(AddressSet.of("127.0.0.2", "::2"))
                .allowSources(AddressSet.of("127.0.0.0-127.0.0.4", "2001:db8::/32"))
                .build();
        try (FilteredReceiver receiver = new FilteredReceiver(transport, handler, ch -> {})) {
            receiver.bind().sync();
            assertEquals(
                    isKernel(transport) ? Location.KERNEL : Location.PIPELINE,
                    handler.stats().location());
            assertJudged(receiver);
            assertEquals(2, handler.sources().deniedPrefixes());
            assertEquals(3, handler.sources().allowedPrefixes());
            if (isKernel(transport)) {
                assertEquals(3, handler.stats().droppedInKernel());
                assertEquals(1, handler.stats().received());
                assertEquals(0, handler.sources().denied());
                // Of the two sets, the kernel has the difference: 127.0.0.0/31, .3/32, .4/32 and the IPv6 prefix.
                assertEquals(4, handler.sources().prefixesInKernel());
            } else {
                assertEquals(4, handler.stats().received());
                assertEquals(1, handler.sources().denied());
                assertEquals(1, handler.sources().notAllowed());
                assertEquals(0, handler.sources().prefixesInKernel());
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = "EPOLL_UNIX", mode = EnumSource.Mode.EXCLUDE)
    void setsAreChangedLive(Transport transport) throws Exception {
        BpfFilterHandler handler = BpfFilterHandler.builder(ALL).build();
        try (FilteredReceiver receiver = new FilteredReceiver(transport, handler, ch -> {})) {
            receiver.bind().sync();
            send(receiver, "127.0.0.2", "00");
            assertEquals("00", receiver.next());
            for (AddressSet denied : List.of(AddressSet.of("127.0.0.2"), many(), AddressSet.of("127.0.0.2/31"))) {
                handler.denySources(denied).sync();
                send(receiver, "127.0.0.2", "01");
                send(receiver, "127.0.0.4", "02");
                assertEquals("02", receiver.next(), denied.toString());
                assertTrue(receiver.received.isEmpty());
            }
            handler.replace(Program.parse(FilteredReceiver.ON_UDP)).sync();
            send(receiver, "127.0.0.2", "01");
            send(receiver, "127.0.0.4", "00");
            send(receiver, "127.0.0.4", "01");
            assertEquals("01", receiver.next());
            handler.allowSources(AddressSet.of("127.0.0.2", "127.0.0.5")).sync();
            send(receiver, "127.0.0.2", "01");
            send(receiver, "127.0.0.4", "01");
            send(receiver, "127.0.0.5", "0105");
            assertEquals("0105", receiver.next());
            handler.denySources(AddressSet.EMPTY).sync();
            send(receiver, "127.0.0.2", "0102");
            assertEquals("0102", receiver.next());
            assertTrue(receiver.received.isEmpty());
            assertEquals(List.of(), List.copyOf(receiver.thrown));
        }
    }

    /** Where the kernel cannot have the whole set, it is given the prefixes from which packets come. */
    @ParameterizedTest
    @EnumSource(names = {"EPOLL_UDP", "IO_URING_UDP"})
    void theHottestOfManyGoToTheKernel(Transport transport) throws Exception {
        BpfFilterHandler handler = builder().denySources(many()).build();
        try (FilteredReceiver receiver = new FilteredReceiver(transport, handler, ch -> {})) {
            receiver.bind().sync();
            assertEquals(Location.KERNEL_AND_PIPELINE, handler.stats().location());
            assertEquals(
                    "attached before the channel was bound; the pipeline judges the sources",
                    handler.stats().reason());
            while (handler.sources().prefixesInKernel() == 0) {
                send(receiver, "127.0.0.2", "01");
            }
            assertEquals(1, handler.sources().prefixesInKernel());
            assertEquals(
                    "attached before the channel was bound; the pipeline judges the sources, of which the kernel drops the"
                            + " 1 hottest prefixes",
                    handler.stats().reason());
            assertTrue(handler.sources().denied() > 0);
            assertEquals(
                    "127.0.0.2/31", handler.sources().hottest().get(0).prefix().toString());
            long before = handler.stats().droppedInKernel();
            for (int i = 0; i < 500; i++) {
                send(receiver, "127.0.0.3", "01");
            }
            // 500 without a sample of 1 in 128 each: 1 in 50; less than half in the kernel: never.
            Transport.await(() -> "drops in the kernel", () -> handler.stats().droppedInKernel() - before >= 400);
            assertJudgedByAll(receiver);
        }
    }

    private static void assertJudgedByAll(FilteredReceiver receiver) throws Exception {
        send(receiver, "127.0.0.2", "0102");
        send(receiver, "127.0.0.4", "0004");
        send(receiver, "127.0.0.4", "01050505");
        assertEquals("010505", receiver.next());
        assertTrue(receiver.received.isEmpty());
    }

    @Test
    void theHottestCanBeLeftToThePipeline() throws Exception {
        BpfFilterHandler handler =
                builder().denySources(many()).offloadHotSources(false).build();
        try (FilteredReceiver receiver = new FilteredReceiver(Transport.EPOLL_UDP, handler, ch -> {})) {
            receiver.bind().sync();
            Program alone = SocketFilters.read(receiver.channel).orElseThrow();
            for (int i = 0; i < 40; i++) {
                send(receiver, "127.0.0.2", "01");
            }
            Transport.await(() -> "a list", () -> !handler.sources().hottest().isEmpty());
            assertEquals(0, handler.sources().prefixesInKernel());
            assertEquals(alone, SocketFilters.read(receiver.channel).orElseThrow());
            assertJudgedByAll(receiver);
        }
    }

    @Test
    void whoInsistsOnTheKernelHasTooManyRefused() throws Exception {
        BpfFilterHandler handler =
                builder().offload(Offload.REQUIRED).denySources(many()).build();
        try (FilteredReceiver receiver = new FilteredReceiver(Transport.EPOLL_UDP, handler, ch -> {})) {
            SocketFilterException e = assertThrows(
                    SocketFilterException.class, () -> receiver.bind().sync());
            assertEquals(
                    "the kernel cannot have all of the sources: " + many()
                            + " (expected: Offload.AUTO, or some thousand prefixes at most)",
                    e.getMessage());
        }
    }

    /** What comes from a unix socket may come from anywhere. */
    @Test
    void unknownSourcesAreUnwanted() throws Exception {
        BpfFilterHandler handler = BpfFilterHandler.builder(ALL)
                .denySources(AddressSet.of("192.0.2.1"))
                .build();
        try (FilteredReceiver receiver = new FilteredReceiver(Transport.EPOLL_UNIX, handler, ch -> {})) {
            receiver.bind().sync();
            assertEquals(
                    "a filter at placement PAYLOAD does not see where a packet comes from",
                    handler.stats().reason());
            receiver.send("01");
            Transport.await(() -> "the packet", () -> handler.sources().notAllowed() == 1);
            handler.denySources(AddressSet.EMPTY).sync();
            receiver.send("02");
            assertEquals("02", receiver.next());
            assertTrue(receiver.received.isEmpty());
        }
    }

    @Test
    void segmentsAreNotJudgedBySource() {
        BpfFilterHandlerBuilder builder = BpfFilterHandler.builder(ALL)
                .offload(Offload.REQUIRED)
                .placement(Placement.TCP_SOCKET)
                .denySources(AddressSet.of("192.0.2.1"));
        IllegalArgumentException e = assertThrows(IllegalArgumentException.class, builder::build);
        assertEquals(
                "sets of sources at placement TCP_SOCKET (expected: an AddressFilterHandler, or a ListenerFilter)",
                e.getMessage());
    }

    /** Changed before it has a channel, and in a unit test without a socket. */
    @Test
    void worksInAnEmbeddedChannel() throws Exception {
        BpfFilterHandler handler =
                BpfFilterHandler.builder(ALL).placement(Placement.UDP_SOCKET).build();
        assertTrue(handler.denySources(AddressSet.of("192.0.2.0/24")).await(1, TimeUnit.SECONDS));
        EmbeddedChannel channel = new EmbeddedChannel(handler);
        for (String sender : List.of("192.0.2.7", "192.0.3.7", "::ffff:192.0.2.7", "2001:db8::7")) {
            ByteBuf content = Unpooled.wrappedBuffer(new byte[] {1});
            channel.writeInbound(new DatagramPacket(
                    content, new InetSocketAddress("192.0.2.1", 53), new InetSocketAddress(sender, 5353)));
        }
        assertEquals(2, handler.stats().accepted());
        assertEquals(2, handler.sources().denied());
        assertTrue(channel.finishAndReleaseAll());
    }

    /** A frame is judged by the source of its IP header; one that has none is in no set. */
    @Test
    void framesAreJudgedByTheirIpHeader() {
        BpfFilterHandler handler = BpfFilterHandler.builder(ALL)
                .placement(Placement.ETHERNET)
                .denySources(AddressSet.of("192.0.2.0/24"))
                .build();
        EmbeddedChannel channel = new EmbeddedChannel(handler);
        String macs = "020000000001020000000002";
        String ip = "4500001c00000000401100007f000001";
        for (String frame : List.of(
                macs + "0800" + "4500001c0000000040110000c0000207" + "7f000001",
                macs + "81000064" + "0800" + "4500001c0000000040110000c0000207" + "7f000001",
                macs + "0800" + ip + "7f000001",
                macs + "0806" + "00010800060400010200000000ffc0000207000000000000c0000201",
                macs + "0800" + "4500001c0000")) {
            channel.writeInbound(Unpooled.wrappedBuffer(io.netty.buffer.ByteBufUtil.decodeHexDump(frame)));
        }
        assertEquals(3, handler.stats().accepted());
        assertEquals(2, handler.sources().denied());
        assertTrue(channel.finishAndReleaseAll());
    }
}
