package io.github.nettybpf.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.nettybpf.core.Placement;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.core.address.AddressSet;
import io.github.nettybpf.netty.FilterStats.Location;
import io.github.nettybpf.netty.drops.ShadowStats;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.util.concurrent.Future;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Consumer;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Handlers that judge without dropping, on real sockets. */
class DryRunTest {
    private static final String DRY_RUN = "a dry run: nothing is filtered, and what would be dropped is counted";

    private static BpfFilterHandlerBuilder builder(Transport transport) {
        boolean unix = transport == Transport.EPOLL_UNIX;
        return BpfFilterHandler.builder(Program.parse(unix ? FilteredReceiver.ON_PAYLOAD : FilteredReceiver.ON_UDP));
    }

    private static void assertPassesAll(FilteredReceiver receiver) throws Exception {
        receiver.send("0102030405", "0002", "01");
        assertEquals(List.of("0102030405", "0002", "01"), List.of(receiver.next(), receiver.next(), receiver.next()));
    }

    @ParameterizedTest
    @EnumSource(Transport.class)
    void everythingPassesUntilTheFilterIsEnforced(Transport transport) throws Exception {
        BpfFilterHandler handler = builder(transport).dryRun(true).build();
        try (FilteredReceiver receiver = new FilteredReceiver(transport, handler, ch -> {})) {
            receiver.bind().sync();
            assertPassesAll(receiver);
            FilterStats dry = handler.stats();
            assertEquals(Location.DRY_RUN, dry.location());
            assertEquals(DRY_RUN, dry.reason());
            assertEquals(
                    List.of(3L, 3L, 0L, 0L, 1L, 1L),
                    List.of(
                            dry.received(),
                            dry.accepted(),
                            dry.dropped(),
                            dry.truncated(),
                            dry.wouldDrop(),
                            dry.wouldTruncate()));
            if (transport != Transport.NIO_UDP) {
                assertFalse(SocketFilters.isAttached(receiver.channel));
            }

            handler.enforce(true).sync();
            receiver.assertFilters();
            assertEquals(
                    transport == Transport.NIO_UDP ? Location.PIPELINE : Location.KERNEL_AND_PIPELINE,
                    handler.stats().location());

            handler.enforce(false).sync();
            assertPassesAll(receiver);
            assertEquals(Location.DRY_RUN, handler.stats().location());
            assertEquals(2, handler.stats().wouldDrop());
            assertEquals(2, handler.stats().wouldTruncate());
            assertEquals(List.of(), List.copyOf(receiver.thrown));
        }
    }

    @Test
    void theProgramOfADryRunCanBeReplaced() throws Exception {
        BpfFilterHandler handler = builder(Transport.EPOLL_UDP).dryRun(true).build();
        try (FilteredReceiver receiver = new FilteredReceiver(Transport.EPOLL_UDP, handler, ch -> {})) {
            receiver.bind().sync();
            handler.replace(Program.parse("ret #0")).sync();
            handler.denySources(AddressSet.of("127.0.0.0/8", "::1")).sync();
            assertPassesAll(receiver);
            assertEquals(3, handler.stats().wouldDrop());
            assertEquals(Location.DRY_RUN, handler.stats().location());
            assertEquals(3, handler.sources().denied());
            handler.denySources(AddressSet.EMPTY).sync();
            handler.replace(Program.parse(FilteredReceiver.ON_UDP)).sync();
            handler.enforce(true).sync();
            receiver.assertFilters();
        }
    }

    @Test
    void aDryRunMayBeEndedBeforeTheBind() throws Exception {
        BpfFilterHandler handler = builder(Transport.EPOLL_UDP).dryRun(true).build();
        handler.enforce(true).sync();
        try (FilteredReceiver receiver = new FilteredReceiver(Transport.EPOLL_UDP, handler, ch -> {})) {
            receiver.bind().sync();
            assertEquals(Location.KERNEL, handler.stats().location());
            receiver.assertFilters();
        }
    }

    /** What the pipeline cannot judge cannot be tried there, and is no reason to pass on packets that it would drop. */
    @Test
    void whatOnlyTheKernelKnowsCannotBeTried() throws Exception {
        Program program = Program.parse("ld mark\njne #1, drop\nret #-1\ndrop: ret #0");
        BpfFilterHandlerBuilder builder =
                BpfFilterHandler.builder(program).offload(Offload.REQUIRED).dryRun(true);
        assertEquals(
                "insn 0: ld #mark: a pipeline does not know it (expected: len, nla, nlan, xor_x, rand; or"
                        + " Offload.REQUIRED)",
                message(builder::build));
        BpfFilterHandler handler =
                BpfFilterHandler.builder(program).offload(Offload.REQUIRED).build();
        try (FilteredReceiver receiver = new FilteredReceiver(Transport.EPOLL_UDP, handler, ch -> {})) {
            receiver.bind().sync();
            assertThrows(
                    IllegalArgumentException.class, () -> handler.enforce(false).sync());
            assertEquals(Location.KERNEL, handler.stats().location());
            receiver.send("01");
            assertEquals(1, drops(handler));
        }
    }

    private static long drops(BpfFilterHandler handler) {
        Transport.await(() -> handler.stats().toString(), () -> handler.stats().droppedInKernel() == 1);
        return handler.stats().droppedInKernel();
    }

    private static String message(Runnable action) {
        return String.valueOf(
                assertThrows(IllegalArgumentException.class, action::run).getMessage());
    }

    @Test
    void aHandlerThatComesFirstIsNamed() {
        EmbeddedChannel channel = new EmbeddedChannel();
        channel.pipeline().addLast("reader", new ChannelInboundHandlerAdapter() {
            @Override
            public void channelRead(ChannelHandlerContext ctx, Object msg) {
                ctx.fireChannelRead(msg);
            }
        });
        BpfFilterHandler handler =
                BpfFilterHandler.builder(Program.parse("ret #0")).dryRun(true).build();
        channel.pipeline().addLast(handler);
        assertTrue(channel.writeInbound(Unpooled.wrappedBuffer(new byte[] {1})));
        assertEquals(Location.DRY_RUN, handler.stats().location());
        assertTrue(handler.stats().reason().startsWith(DRY_RUN), handler.stats().reason());
        channel.finishAndReleaseAll();
    }

    /** Keeps what begins with 1 or 2, and all of it. */
    private static Program candidate(Transport transport) {
        String offset = transport == Transport.EPOLL_UNIX ? "0" : "8";
        return Program.parse("ldb [" + offset + "]\njeq #1, keep\njeq #2, keep\nret #0\nkeep: ret #-1");
    }

    @ParameterizedTest
    @EnumSource(Transport.class)
    void aShadowProgramIsCompared(Transport transport) throws Exception {
        BpfFilterHandler handler =
                builder(transport).shadow(candidate(transport)).build();
        try (FilteredReceiver receiver = new FilteredReceiver(transport, handler, ch -> {})) {
            receiver.bind().sync();
            assertEquals(Location.PIPELINE, handler.stats().location());
            if (transport != Transport.NIO_UDP) {
                assertEquals(
                        "a shadow program has to see what the kernel would drop (expected: sampleDrops, so that samples"
                                + " are compared)",
                        handler.stats().reason());
            }
            receiver.assertFilters();
            // Cut: 0102030405 and 0109090909. The rest is judged alike, but for what begins with 2.
            receiver.send("0202", "02", "01");
            assertEquals("01", receiver.next());
            assertEquals(
                    Optional.of(new ShadowStats(10, 0, 3, 3, 2)),
                    handler.stats().shadow());
            handler.shadow(Program.parse("ret #0")).sync();
            receiver.send("01", "00", "0102");
            assertEquals(List.of("01", "0102"), List.of(receiver.next(), receiver.next()));
            assertEquals(
                    Optional.of(new ShadowStats(3, 2, 0, 0, 0)), handler.stats().shadow());
            handler.shadow(null).sync();
            assertEquals(Optional.empty(), handler.stats().shadow());
            receiver.assertFilters();
            assertEquals(
                    transport == Transport.NIO_UDP ? Location.PIPELINE : Location.KERNEL_AND_PIPELINE,
                    handler.stats().location());
        }
    }

    @Test
    void aShadowProgramIsRefusedAsAnyOther() throws Exception {
        Program mark = Program.parse("ld mark\nret a");
        assertTrue(message(() -> builder(Transport.EPOLL_UDP).shadow(mark).build())
                .startsWith("shadow program: insn 0: ld #mark: "));
        BpfFilterHandler handler = builder(Transport.EPOLL_UDP).build();
        try (FilteredReceiver receiver = new FilteredReceiver(Transport.EPOLL_UDP, handler, ch -> {})) {
            receiver.bind().sync();
            ExecutionException refused = assertThrows(
                    ExecutionException.class, () -> handler.shadow(mark).get());
            assertTrue(
                    String.valueOf(refused.getCause().getMessage()).startsWith("shadow program: insn 0: ld #mark: "));
            assertEquals(Optional.empty(), handler.stats().shadow());
            assertEquals(Location.KERNEL, handler.stats().location());
        }
    }

    @Test
    void aShadowProgramForAnotherPlacementIsRefused() throws Exception {
        Program shadow = Program.parse("ret #-1").at(Placement.PAYLOAD);
        String refusal = "shadow program: the program is for placement PAYLOAD, and the handler's is UDP_SOCKET";
        BpfFilterHandler handler = builder(Transport.EPOLL_UDP).build();
        try (FilteredReceiver receiver = new FilteredReceiver(Transport.EPOLL_UDP, handler, ch -> {})) {
            receiver.bind().sync();
            assertEquals(refusal, handler.shadow(shadow).await().cause().getMessage());
        }
        BpfFilterHandler built = builder(Transport.EPOLL_UDP).shadow(shadow).build();
        try (FilteredReceiver receiver = new FilteredReceiver(Transport.EPOLL_UDP, built, ch -> {})) {
            assertEquals(refusal, receiver.bind().cause().getMessage());
        }
    }

    /** It must not be the bind that fails. */
    @Test
    void aShadowProgramIsRefusedBeforeTheBindToo() throws Exception {
        BpfFilterHandler handler = builder(Transport.EPOLL_UDP).build();
        BlockingQueue<Future<Void>> changes = new LinkedBlockingQueue<>();
        // The task runs between the registration, in which the handler is added, and the bind.
        Consumer<Channel> before =
                ch -> ch.eventLoop().execute(() -> changes.add(handler.shadow(Program.parse("ld mark\nret a"))));
        try (FilteredReceiver receiver = new FilteredReceiver(Transport.EPOLL_UDP, handler, before)) {
            receiver.bind().sync();
            assertEquals(
                    "shadow program: insn 0: ld #mark: a pipeline does not know it (expected: len, proto, xor_x, rand;"
                            + " or Offload.REQUIRED)",
                    changes.take().await().cause().getMessage());
            receiver.assertFilters();
        }
    }

    /** The socket that has no filter, and passes everything, has lost nothing. */
    @Test
    void aDryRunGoesOnIfTheKernelIsRequiredAndDoesNotTakeTheFilter() throws Exception {
        BpfFilterHandler handler = builder(Transport.EPOLL_UDP)
                .offload(Offload.REQUIRED)
                .dryRun(true)
                .build();
        try (FilteredReceiver receiver = new FilteredReceiver(Transport.EPOLL_UDP, handler, ch -> {})) {
            receiver.bind().sync();
            SocketFilters.attach(receiver.channel, Program.parse("ret #-1"));
            assertEquals(
                    "the socket has a filter already, and not from a handler",
                    handler.enforce(true).await().cause().getMessage());
            assertEquals(Location.DRY_RUN, handler.stats().location());
            assertPassesAll(receiver);
            SocketFilters.detach(receiver.channel);
            handler.enforce(true).sync();
            receiver.assertFilters();
        }
    }

    /** To judge again what the kernel has cut would lose it: the program reads more than it keeps. */
    @Test
    void toEnforceWhatIsEnforcedChangesNothing() throws Exception {
        BpfFilterHandler handler = new BpfFilterHandler(Program.parse("ldb [12]\njeq #1, keep\nret #0\nkeep: ret #11"));
        try (FilteredReceiver receiver = new FilteredReceiver(
                Transport.EPOLL_UDP, handler, ch -> ch.config().setAutoRead(false))) {
            receiver.bind().sync();
            receiver.send("0203040501");
            handler.enforce(true).sync();
            handler.shadow(null).sync();
            assertEquals(Location.KERNEL, handler.stats().location());
            receiver.channel.config().setAutoRead(true);
            assertEquals("020304", receiver.next());
        }
    }

    @Test
    void thatNothingIsFilteredIsLoggedOnce() {
        List<String> warnings = new CopyOnWriteArrayList<>();
        Handler log = new Handler() {
            @Override
            public void publish(LogRecord entry) {
                if (entry.getLevel().equals(Level.WARNING)) {
                    warnings.add(entry.getMessage());
                }
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        Logger logger = Logger.getLogger(BpfFilterHandler.class.getName());
        logger.addHandler(log);
        try {
            BpfFilterHandler handler = BpfFilterHandler.builder(Program.parse("ret #0"))
                    .dryRun(true)
                    .build();
            EmbeddedChannel channel = new EmbeddedChannel(handler);
            for (int i = 0; i < 3; i++) {
                handler.denySources(AddressSet.of("192.0.2." + i)).syncUninterruptibly();
            }
            channel.finish();
        } finally {
            logger.removeHandler(log);
        }
        assertEquals(List.of("[id: 0xembedded, L:embedded - R:embedded] filters in DRY_RUN: " + DRY_RUN), warnings);
    }

    /** Once the future has succeeded, nothing passes that is not wanted; and nothing that is wanted is lost at any time. */
    @ParameterizedTest
    @EnumSource(names = {"EPOLL_UDP", "IO_URING_UDP"})
    void underFlowTheFilterIsEnforcedAndNotWithoutAGap(Transport transport) throws Exception {
        DryRunFlow.run(transport, 5, 20_000);
    }
}
