package io.github.nettybpf.netty;

import static io.github.nettybpf.netty.FailingOption.ATTACH;
import static io.github.nettybpf.netty.FailingOption.DETACH;
import static io.github.nettybpf.netty.FailingOption.GRO;
import static io.github.nettybpf.netty.FailingOption.IS_LOCKED;
import static io.github.nettybpf.netty.FailingOption.MEMINFO;
import static io.github.nettybpf.netty.FailingOption.READ_BACK;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.nettybpf.core.Placement;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.netty.FailingOption.Fault;
import io.github.nettybpf.netty.FilterStats.Location;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerAdapter;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.uring.IoUring;
import io.netty.util.concurrent.Future;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;

/**
 * What a handler does while socket options fail. In every case, of the packets only those arrive that the program in
 * force keeps, or none; what was asked for has ended; and what is told names the option and the error.
 *
 * <p>Packets have seven bytes: the first is w for those that all programs keep, o for the old program's, n for the new
 * one's, x for nobody's. Programs cut after four and read the last byte: to judge what is cut loses it.
 */
final class FailingOptions {
    private static final String KEEP =
            "ldb [6]\njne #0x2e, no\nldb [0]\njeq #0x77, yes\njeq #%d, yes\nno: ret #0\nyes: ret #4";
    private static final Program OLD = Program.parse(String.format(KEEP, (int) 'o'));
    private static final Program NEW = Program.parse(String.format(KEEP, (int) 'n'));

    /** No pipeline can judge it as the kernel does. */
    private static final Program NEW_BY_KERNEL = Program.parse("ld #rand\n" + String.format(KEEP, (int) 'n'));

    private final FailingSockopt rules;
    private final ConcurrentLinkedQueue<String> log = new ConcurrentLinkedQueue<>();
    private int cases;
    private long failures;

    private FailingOptions(FailingSockopt rules) {
        this.rules = rules;
    }

    /** Runs all cases, and tells how many; the first that fails ends it. */
    public static void main(String[] args) {
        try {
            new FailingOptions(FailingSockopt.ofThisProcess()).run();
        } catch (Throwable e) {
            e.printStackTrace();
            System.exit(1); // event loops would go on
        }
    }

    private void run() throws Exception {
        Logger logger = Logger.getLogger("io.github.nettybpf");
        logger.setUseParentHandlers(false);
        logger.setLevel(Level.FINE);
        Handler collector = new Collector();
        logger.addHandler(collector);
        for (Transport transport : List.of(Transport.EPOLL_UDP, Transport.EPOLL_UNIX, Transport.IO_URING_UDP)) {
            Throwable missing =
                    transport == Transport.IO_URING_UDP ? IoUring.unavailabilityCause() : Epoll.unavailabilityCause();
            if (missing != null) {
                System.out.println("skipped: " + transport + ": " + missing);
                continue;
            }
            MultiThreadIoEventLoopGroup group = transport.group();
            for (Errno errno : Errno.values()) {
                for (Offload offload : List.of(Offload.AUTO, Offload.REQUIRED)) {
                    beforeTheBind(group, transport, offload, errno);
                    onABoundChannel(group, transport, offload, errno);
                    replacing(group, transport, offload, errno);
                }
                removing(group, transport, errno);
                if (transport != Transport.EPOLL_UNIX) {
                    replacingWithLoss(group, transport, errno);
                }
            }
            group.shutdownGracefully(0, 0, TimeUnit.SECONDS).sync();
        }
        logger.removeHandler(collector);
        System.out.println(cases + " cases, " + failures + " calls failed");
    }

    /** Keeps what is logged, with its exception. */
    private final class Collector extends Handler {
        private final SimpleFormatter formatter = new SimpleFormatter();

        @Override
        public void publish(LogRecord record) {
            Throwable thrown = record.getThrown();
            log.add(record.getLevel() + " " + formatter.formatMessage(record) + (thrown == null ? "" : ": " + thrown));
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    }

    private interface Case {
        void run(FailingOptionsServer server, BpfFilterHandler handler) throws Exception;
    }

    /** Runs one case, and names it if it fails. */
    private void check(
            String what,
            MultiThreadIoEventLoopGroup group,
            Transport transport,
            Offload offload,
            Errno errno,
            Case test,
            Fault... faults)
            throws Exception {
        BpfFilterHandler handler = BpfFilterHandler.builder(OLD)
                .placement(Placement.PAYLOAD)
                .offload(offload)
                .lossyHandover(offload == Offload.REQUIRED)
                .build();
        cases++;
        log.clear();
        try (FailingOptionsServer server = new FailingOptionsServer(group, transport)) {
            this.errno = errno;
            this.faults = faults;
            test.run(server, handler);
        } catch (AssertionError | Exception e) {
            throw new AssertionError(
                    what + ": " + transport + ", " + offload + ", " + errno + ", " + Arrays.toString(faults) + ", "
                            + handler.stats() + ", logged:\n" + String.join("\n", log),
                    e);
        } finally {
            works();
        }
    }

    private Errno errno = Errno.EPERM;
    private Fault[] faults = {};

    /** From now on the options of the present case fail. */
    private void fails() {
        for (int i = 0; i < faults.length; i++) {
            FailingOption option = faults[i].option();
            rules.fail(i, option.call, option.level, option.number, errno.number, faults[i].first(), faults[i].last());
        }
    }

    /** From now on all options work. */
    private void works() {
        failures += rules.failed();
        rules.clear();
    }

    /** {@return what happens where UDP_GRO cannot be asked} Only epoll takes apart what is coalesced. */
    private static Case withoutGro(Transport transport, Errno errno, Case known, Case inPipeline, Case refused) {
        if (transport == Transport.EPOLL_UNIX || errno == Errno.ENOPROTOOPT) {
            return known;
        }
        return transport == Transport.EPOLL_UDP ? inPipeline : refused;
    }

    // ---- before the bind

    private void beforeTheBind(MultiThreadIoEventLoopGroup group, Transport transport, Offload offload, Errno errno)
            throws Exception {
        Case kernel = (server, handler) -> bound(server, handler, Location.KERNEL);
        Case fallsBack = (server, handler) -> {
            if (offload == Offload.AUTO) {
                bound(server, handler, Location.PIPELINE);
                assertTold(handler);
                works();
                assertTrue(SocketFilters.read(server.channel).isEmpty(), "has a filter");
            } else {
                refused(server, handler);
            }
        };
        Case fails = this::refused;
        check("bind", group, transport, offload, errno, fallsBack, ATTACH.at(1));
        check("bind", group, transport, offload, errno, fallsBack, ATTACH.always(), IS_LOCKED.always());
        check("bind", group, transport, offload, errno, fallsBack, READ_BACK.at(1));
        check("bind", group, transport, offload, errno, fallsBack, READ_BACK.at(2));
        check("bind", group, transport, offload, errno, fallsBack, READ_BACK.always());
        check("bind", group, transport, offload, errno, fails, READ_BACK.at(2), DETACH.at(1));
        check("bind", group, transport, offload, errno, kernel, MEMINFO.always());
        Case withoutGro = withoutGro(transport, errno, kernel, fallsBack, fails);
        check("bind", group, transport, offload, errno, withoutGro, GRO.always());
    }

    private void bound(FailingOptionsServer server, BpfFilterHandler handler, Location location) throws Exception {
        server.bind(this::fails, handler).sync();
        assertEquals(location, handler.stats().location());
        server.assertKeeps('o', 'w');
    }

    private void refused(FailingOptionsServer server, BpfFilterHandler handler) throws Exception {
        ChannelFuture bound = server.bind(this::fails, handler).await();
        String why =
                assertInstanceOf(SocketFilterException.class, bound.cause()).getMessage();
        assertEquals(Location.FAILED, handler.stats().location());
        assertEquals(why, handler.stats().reason());
        assertTold(handler);
        server.assertClosed();
    }

    /** The reason names an option that fails and its error, and is logged. */
    private void assertTold(BpfFilterHandler handler) {
        assertTrue(rules.failed() > 0, "nothing failed");
        String reason = handler.stats().reason();
        assertTrue(
                Arrays.stream(faults).anyMatch(fault -> reason.contains(fault.option().text + ": " + said(fault)))
                        || (errno == Errno.EINVAL && saysWhatEinvalMeans(reason)),
                reason);
        assertTrue(log.stream().anyMatch(line -> line.contains(reason)), "not logged");
    }

    private String said(Fault fault) {
        return errno == Errno.EINVAL && fault.option() == ATTACH
                ? "the kernel refuses the program (EINVAL)"
                : errno == Errno.ENOSYS ? "" : errno.text;
    }

    /** SO_GET_FILTER answers EINVAL where the filter is longer than what is asked for. */
    private boolean saysWhatEinvalMeans(String reason) {
        return Arrays.stream(faults).anyMatch(fault -> fault.option() == READ_BACK)
                && (reason.equals("the socket has a filter already, and not from a handler")
                        || reason.startsWith(
                                "SO_ATTACH_FILTER succeeded, but the filter read back is not the program"));
    }

    // ---- on a bound channel

    private void onABoundChannel(MultiThreadIoEventLoopGroup group, Transport transport, Offload offload, Errno errno)
            throws Exception {
        Case both = (server, handler) -> added(server, handler, Location.KERNEL_AND_PIPELINE);
        Case fails = this::closed;
        Case fallsBack = (server, handler) -> {
            if (offload == Offload.AUTO) {
                added(server, handler, Location.PIPELINE);
                assertTold(handler);
            } else {
                closed(server, handler);
            }
        };
        check("add", group, transport, offload, errno, fallsBack, ATTACH.at(1));
        check("add", group, transport, offload, errno, fallsBack, READ_BACK.at(1));
        check("add", group, transport, offload, errno, fallsBack, READ_BACK.at(2));
        check("add", group, transport, offload, errno, fails, READ_BACK.at(2), DETACH.at(1));
        check("add", group, transport, offload, errno, both, MEMINFO.always());
        Case withoutGro = withoutGro(transport, errno, both, fallsBack, fails);
        check("add", group, transport, offload, errno, withoutGro, GRO.always());
    }

    private void added(FailingOptionsServer server, BpfFilterHandler handler, Location location) throws Exception {
        server.bind(() -> {}, new ChannelHandlerAdapter() {}).sync();
        server.onLoop(() -> {
            fails();
            server.channel.pipeline().addFirst(handler);
        });
        assertEquals(location, handler.stats().location());
        server.assertKeeps('o', 'w');
    }

    private void closed(FailingOptionsServer server, BpfFilterHandler handler) throws Exception {
        server.bind(() -> {}, new ChannelHandlerAdapter() {}).sync();
        server.onLoop(() -> {
            fails();
            server.channel.pipeline().addFirst(handler);
        });
        server.assertClosed();
        assertFailed(server, handler);
    }

    private void assertFailed(FailingOptionsServer server, BpfFilterHandler handler) throws Exception {
        assertEquals(Location.FAILED, handler.stats().location());
        assertEquals(
                handler.stats().reason(),
                assertInstanceOf(
                                SocketFilterException.class,
                                server.thrown.poll(Transport.PATIENCE_SECONDS, TimeUnit.SECONDS))
                        .getMessage());
        assertTold(handler);
    }

    // ---- replace

    private void replacing(MultiThreadIoEventLoopGroup group, Transport transport, Offload offload, Errno errno)
            throws Exception {
        boolean auto = offload == Offload.AUTO;
        Case both = (server, handler) -> replaced(server, handler, NEW, Location.KERNEL_AND_PIPELINE);
        Case old = this::kept;
        Case fails = (server, handler) -> lost(server, handler, NEW);
        Case pipeline = (server, handler) -> {
            replaced(server, handler, NEW, Location.PIPELINE);
            assertTold(handler);
        };
        check("replace", group, transport, offload, errno, auto ? pipeline : old, ATTACH.at(1));
        check("replace", group, transport, offload, errno, old, ATTACH.at(1), DETACH.at(1));
        check("replace", group, transport, offload, errno, auto ? pipeline : fails, READ_BACK.at(1));
        check("replace", group, transport, offload, errno, fails, READ_BACK.at(1), DETACH.at(1));
        if (errno == Errno.EPERM || transport == Transport.EPOLL_UNIX) {
            // After the grace time of a second, whatever the error is.
            check("replace", group, transport, offload, errno, both, MEMINFO.always());
        }
        // A UDP socket tells when what the old program has cut is gone.
        Case kernel = (server, handler) -> replaced(server, handler, NEW, Location.KERNEL);
        Case known = transport == Transport.EPOLL_UNIX ? both : kernel;
        Case withoutGro = withoutGro(transport, errno, known, auto ? pipeline : old, old);
        check("replace", group, transport, offload, errno, withoutGro, GRO.always());
    }

    private Future<Void> replace(FailingOptionsServer server, BpfFilterHandler handler, Program program)
            throws Exception {
        server.bind(() -> {}, handler).sync();
        assertEquals(Location.KERNEL, handler.stats().location());
        server.assertKeeps('o', 'w');
        return replaceNow(handler, program);
    }

    private Future<Void> replaceNow(BpfFilterHandler handler, Program program) throws Exception {
        fails();
        Future<Void> replaced = handler.replace(program);
        assertTrue(replaced.await(Transport.PATIENCE_SECONDS, TimeUnit.SECONDS), "neither succeeds nor fails");
        return replaced;
    }

    private void replaced(FailingOptionsServer server, BpfFilterHandler handler, Program program, Location location)
            throws Exception {
        assertEquals(null, replace(server, handler, program).cause());
        assertEquals(location, handler.stats().location());
        server.assertKeeps('n', 'w');
    }

    private void kept(FailingOptionsServer server, BpfFilterHandler handler) throws Exception {
        assertSays(replace(server, handler, NEW).cause());
        assertEquals(Location.KERNEL, handler.stats().location());
        server.assertKeeps('o', 'w');
    }

    private void assertSays(Throwable e) {
        String message = String.valueOf(e.getMessage());
        assertTrue(
                Arrays.stream(faults).anyMatch(fault -> message.contains(fault.option().text))
                        || (errno == Errno.EINVAL && saysWhatEinvalMeans(message)),
                message);
    }

    private void lost(FailingOptionsServer server, BpfFilterHandler handler, Program program) throws Exception {
        assertLost(server, handler, replace(server, handler, program).cause());
    }

    private void assertLost(FailingOptionsServer server, BpfFilterHandler handler, Throwable cause) throws Exception {
        assertSays(cause);
        server.assertClosed();
        assertFailed(server, handler);
        assertEquals(handler.stats().reason(), cause.getMessage());
    }

    // ---- replace, with loss

    private void judgedByBoth(FailingOptionsServer server, BpfFilterHandler handler) throws Exception {
        server.bind(() -> {}, new ChannelHandlerAdapter() {}).sync();
        server.onLoop(() -> server.channel.pipeline().addFirst(handler));
        assertEquals(Location.KERNEL_AND_PIPELINE, handler.stats().location());
        server.assertKeeps('o', 'w');
    }

    private void replacingWithLoss(MultiThreadIoEventLoopGroup group, Transport transport, Errno errno)
            throws Exception {
        Offload required = Offload.REQUIRED;
        // Where the kernel alone judges, there is no loss.
        Case old = (server, handler) -> {
            judgedByBoth(server, handler);
            assertSays(replaceNow(handler, NEW_BY_KERNEL).cause());
            assertEquals(Location.KERNEL_AND_PIPELINE, handler.stats().location());
            server.assertKeeps('o', 'w');
        };
        Case fails = (server, handler) -> {
            judgedByBoth(server, handler);
            assertLost(server, handler, replaceNow(handler, NEW_BY_KERNEL).cause());
        };
        // The program itself, one that drops everything, and the program again.
        check("lossy", group, transport, required, errno, old, ATTACH.at(1));
        for (int call = 2; call <= 3; call++) {
            check("lossy", group, transport, required, errno, fails, ATTACH.at(call));
            check("lossy", group, transport, required, errno, fails, ATTACH.at(call), DETACH.always());
        }
        for (int call = 1; call <= 3; call++) {
            check("lossy", group, transport, required, errno, fails, READ_BACK.at(call));
            check("lossy", group, transport, required, errno, fails, READ_BACK.at(call), DETACH.always());
        }
        check("lossy", group, transport, required, errno, fails, MEMINFO.always());
    }

    // ---- remove

    private void removing(MultiThreadIoEventLoopGroup group, Transport transport, Errno errno) throws Exception {
        Case test = (server, handler) -> {
            server.bind(() -> {}, handler).sync();
            fails();
            server.onLoop(() -> server.channel.pipeline().remove(handler));
            assertEquals(Location.REMOVED, handler.stats().location());
            assertTrue(
                    log.stream()
                            .anyMatch(line -> line.startsWith("WARNING ")
                                    && line.contains("may keep a filter that its handler does not know")
                                    && line.contains("SO_DETACH_FILTER: ")),
                    "not logged");
        };
        check("remove", group, transport, Offload.AUTO, errno, test, DETACH.at(1));
    }
}
