package io.github.nettybpf.versions;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.nettybpf.core.Program;
import io.github.nettybpf.netty.BpfFilterHandler;
import io.github.nettybpf.netty.FilterStats;
import io.github.nettybpf.netty.FilterStats.Location;
import io.github.nettybpf.netty.KernelOracle;
import io.github.nettybpf.netty.Offload;
import io.github.nettybpf.netty.SocketFilterException;
import io.github.nettybpf.netty.SocketFilters;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The handler on real sockets, by what Netty 4.1 and 4.2 have in common. */
@Timeout(2 * Server.PATIENCE_SECONDS)
class HandlerSmokeTest {
    private static final Set<Location> LIVE = EnumSet.of(Location.KERNEL_AND_PIPELINE, Location.KERNEL);

    private static BpfFilterHandler handler(Offload offload) {
        return BpfFilterHandler.builder(Server.keeps(1)).offload(offload).build();
    }

    private static void assertFilters(Server server, int kept) throws Exception {
        server.send(kept + 1, kept, kept + 2, kept + 1, kept);
        server.expect(kept, kept);
    }

    @ParameterizedTest
    @EnumSource
    void autoTakesTheKernelWhereThereIsOne(Transport transport) throws Exception {
        BpfFilterHandler handler = handler(Offload.AUTO);
        try (Server server = new Server(transport, handler)) {
            assertFilters(server, 1);
            FilterStats stats = handler.stats();
            boolean kernel = transport == Transport.EPOLL;
            assertEquals(kernel ? Location.KERNEL : Location.PIPELINE, stats.location(), stats::reason);
            assertEquals(kernel ? 0 : 3, stats.dropped());
            assertEquals(kernel ? 3 : 0, stats.droppedInKernel());
            assertEquals(2, stats.accepted());
        }
    }

    @Test
    void requiredFiltersInTheKernel() throws Exception {
        BpfFilterHandler handler = handler(Offload.REQUIRED);
        try (Server server = new Server(Transport.EPOLL, handler)) {
            assertTrue(
                    server.bound().isSuccess(),
                    () -> String.valueOf(server.bound().cause()));
            assertFilters(server, 1);
            assertEquals(Location.KERNEL, handler.stats().location());
        }
    }

    @Test
    void requiredFailsTheBindWithoutKernel() throws Exception {
        BpfFilterHandler handler = handler(Offload.REQUIRED);
        try (Server server = new Server(Transport.NIO, handler)) {
            assertInstanceOf(SocketFilterException.class, server.bound().cause());
            server.channel().closeFuture().sync();
            assertEquals(Location.FAILED, handler.stats().location());
        }
    }

    @ParameterizedTest
    @EnumSource
    void neverStaysInThePipeline(Transport transport) throws Exception {
        BpfFilterHandler handler = handler(Offload.NEVER);
        try (Server server = new Server(transport, handler)) {
            assertFilters(server, 1);
            assertEquals(Location.PIPELINE, handler.stats().location());
            assertEquals(3, handler.stats().dropped());
        }
    }

    @ParameterizedTest
    @EnumSource
    void replacedProgramJudges(Transport transport) throws Exception {
        BpfFilterHandler handler = handler(Offload.AUTO);
        try (Server server = new Server(transport, handler)) {
            assertFilters(server, 1);
            handler.replace(Server.keeps(5)).sync();
            assertFilters(server, 5);
            Location location = handler.stats().location();
            assertTrue(
                    transport == Transport.EPOLL ? LIVE.contains(location) : location == Location.PIPELINE,
                    () -> handler.stats().toString());
        }
    }

    @ParameterizedTest
    @EnumSource
    void handlerOnBoundChannelTakesOver(Transport transport) throws Exception {
        BpfFilterHandler handler = handler(Offload.AUTO);
        try (Server server = new Server(transport, Server.none())) {
            server.send(7);
            server.expect(7);
            server.channel()
                    .eventLoop()
                    .submit(() -> server.channel().pipeline().addFirst(handler))
                    .sync();
            assertFilters(server, 1);
            if (transport == Transport.NIO) {
                assertEquals(Location.PIPELINE, server.nextLocation());
                return;
            }
            assertEquals(Location.KERNEL_AND_PIPELINE, server.nextLocation());
            // The kernel judges alone when nothing older is queued, after a grace time of a second.
            assertEquals(Location.KERNEL, server.nextLocation());
            assertEquals(Location.KERNEL, handler.stats().location());
            assertFilters(server, 1);
            server.channel()
                    .eventLoop()
                    .submit(() -> server.channel().pipeline().remove(handler))
                    .sync();
            server.send(7);
            server.expect(7);
        }
    }

    @Test
    void filtersAreAttachedReadLockedAndDetached() throws Exception {
        try (Server server = new Server(Transport.EPOLL, Server.none())) {
            Program program = Server.keeps(1);
            SocketFilters.attach(server.channel(), program);
            assertEquals(
                    Optional.of(program.raw()),
                    SocketFilters.read(server.channel()).map(Program::raw));
            assertFilters(server, 1);
            assertEquals(3, SocketFilters.drops(server.channel()));
            SocketFilters.detach(server.channel());
            assertFalse(SocketFilters.read(server.channel()).isPresent());
            SocketFilters.lock(server.channel());
            SocketFilterException locked =
                    assertThrows(SocketFilterException.class, () -> SocketFilters.attach(server.channel(), program));
            assertEquals(SocketFilterException.Reason.LOCKED, locked.reason());
        }
    }

    @Test
    void oracleAsksTheKernel() {
        Transport.requireEpoll();
        try (KernelOracle kernel = KernelOracle.open()) {
            Program program = Program.parse("ldh [0]\nret a");
            assertTrue(kernel.accepts(program.raw()));
            assertEquals(0x102, kernel.verdict(program, new byte[] {1, 2, 3}));
            assertEquals(0, kernel.verdict(program, new byte[] {1}));
        }
    }
}
