package io.github.nettybpf.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.nettybpf.core.Placement;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.netty.FilterStats.Location;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Real sockets: where the program runs, and that it filters there. */
class OffloadTest {
    @ParameterizedTest
    @EnumSource
    void autoUsesTheKernelWhereItCan(Transport transport) throws Exception {
        BpfFilterHandler handler = FilteredReceiver.handler(transport, Offload.AUTO);
        try (FilteredReceiver receiver = new FilteredReceiver(transport, handler, ch -> {})) {
            receiver.bind().sync();
            receiver.assertFilters();
            FilterStats stats = handler.stats();
            if (transport == Transport.NIO_UDP) {
                assertEquals(
                        ExpectedStats.of(
                                4,
                                2,
                                3,
                                0,
                                Location.PIPELINE,
                                "NioDatagramChannel takes no filter (expected: an epoll or io_uring channel)"),
                        stats);
            } else {
                // A unix socket does not count what its filter drops.
                assertEquals(
                        ExpectedStats.of(
                                4,
                                0,
                                0,
                                transport == Transport.EPOLL_UNIX ? stats.droppedInKernel() : 3,
                                Location.KERNEL,
                                "attached before the channel was bound"),
                        stats);
            }
            receiver.channel.close().sync();
            assertEquals(stats.droppedInKernel(), handler.stats().droppedInKernel(), "known after the close");
        }
    }

    @ParameterizedTest
    @EnumSource
    void neverStaysInThePipeline(Transport transport) throws Exception {
        BpfFilterHandler handler = FilteredReceiver.handler(transport, Offload.NEVER);
        try (FilteredReceiver receiver = new FilteredReceiver(transport, handler, ch -> {})) {
            receiver.bind().sync();
            receiver.assertFilters();
            assertEquals(Location.PIPELINE, handler.stats().location());
            assertEquals(7, handler.stats().received());
        }
    }

    @ParameterizedTest
    @EnumSource(names = "NIO_UDP", mode = EnumSource.Mode.EXCLUDE)
    void aFilterGoesWithItsHandler(Transport transport) throws Exception {
        BpfFilterHandler handler = FilteredReceiver.handler(transport, Offload.REQUIRED);
        try (FilteredReceiver receiver = new FilteredReceiver(transport, handler, ch -> {})) {
            receiver.bind().sync();
            receiver.assertFilters();
            assertTrue(SocketFilters.read(receiver.channel).isPresent());
            receiver.channel.pipeline().remove(handler);
            receiver.channel.eventLoop().submit(() -> {}).sync();
            assertTrue(SocketFilters.read(receiver.channel).isEmpty());
            receiver.send("0002030405");
            assertEquals("0002030405", receiver.next());
        }
    }

    @ParameterizedTest
    @CsvSource({"EPOLL_UDP", "IO_URING_UDP"})
    void aProgramForThePayloadIsMovedBehindTheHeader(Transport transport) throws Exception {
        BpfFilterHandler handler = BpfFilterHandler.builder(Program.parse(FilteredReceiver.ON_PAYLOAD))
                .placement(Placement.PAYLOAD)
                .offload(Offload.REQUIRED)
                .build();
        try (FilteredReceiver receiver = new FilteredReceiver(transport, handler, ch -> {})) {
            receiver.bind().sync();
            receiver.assertFilters();
            assertEquals(
                    Program.parse(FilteredReceiver.ON_UDP),
                    SocketFilters.read(receiver.channel).orElseThrow());
        }
    }

    @ParameterizedTest
    @CsvSource({"EPOLL_UDP", "IO_URING_UDP", "NIO_UDP"})
    void connectAloneAttachesToo(Transport transport) throws Exception {
        BpfFilterHandler handler = FilteredReceiver.handler(transport, Offload.AUTO);
        try (FilteredReceiver receiver = new FilteredReceiver(transport, handler, ch -> {})) {
            receiver.channel = receiver.bootstrap
                    .connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), 9))
                    .sync()
                    .channel();
            Location expected = transport == Transport.NIO_UDP ? Location.PIPELINE : Location.KERNEL;
            assertEquals(expected, handler.stats().location());
        }
    }

    @Test
    void aProgramThatOnlyTheKernelCanRunRunsThere() throws Exception {
        BpfFilterHandler handler = BpfFilterHandler.builder(
                        Program.parse("ld mark\njne #0, no\n" + FilteredReceiver.ON_UDP))
                .offload(Offload.REQUIRED)
                .build();
        try (FilteredReceiver receiver = new FilteredReceiver(Transport.EPOLL_UDP, handler, ch -> {})) {
            receiver.bind().sync();
            receiver.assertFilters();
            assertEquals(Location.KERNEL, handler.stats().location());
        }
    }
}
