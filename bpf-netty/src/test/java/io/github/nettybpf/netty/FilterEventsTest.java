package io.github.nettybpf.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.nettybpf.core.Filter;
import io.github.nettybpf.core.Placement;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.core.address.AddressSet;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.DefaultChannelId;
import io.netty.channel.embedded.EmbeddedChannel;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import jdk.jfr.Event;
import jdk.jfr.EventType;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import jdk.jfr.consumer.RecordingStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What JDK Flight Recorder is told of handlers. */
class FilterEventsTest {
    private static final String PREFIX = "io.github.nettybpf.";
    private static final List<String> EVENTS = List.of("FilterAttach", "FilterLocation", "FilterRefusal");

    /** A pipeline does not know it. */
    private static final Program UNJUDGEABLE = Program.parse("ld mark\nret a");

    private static final String REFUSED =
            "insn 0: ld #mark: a pipeline does not know it (expected: len, nla, nlan, xor_x, rand; or Offload.REQUIRED)";

    @TempDir
    private Path folder;

    @FunctionalInterface
    private interface Action {
        /** {@return the id of the channel of which it is, or null if there is none} */
        @Nullable
        String run() throws Exception;
    }

    /** {@return the events of its channel while the action runs, in order, each in a line} */
    private String record(Action action) throws Exception {
        Path file = folder.resolve("handler.jfr");
        String id;
        try (Recording recording = new Recording()) {
            EVENTS.forEach(event -> recording.enable(PREFIX + event));
            recording.start();
            id = action.run();
            recording.stop();
            recording.dump(file);
        }
        return RecordingFile.readAllEvents(file).stream()
                // Channels of other tests may still be closed.
                .filter(event -> Objects.equals(event.getString("channelId"), id))
                .sorted((one, other) -> one.getEndTime().compareTo(other.getEndTime()))
                .map(FilterEventsTest::text)
                .collect(Collectors.joining("\n"));
    }

    /** {@return the type of an event and its own fields but the channel} */
    private static String text(RecordedEvent event) {
        return event.getFields().stream()
                .map(field -> field.getName())
                .filter(name -> !List.of("startTime", "duration", "eventThread", "stackTrace", "channelId")
                        .contains(name))
                .map(name -> Objects.toString(event.getValue(name)))
                .collect(Collectors.joining(
                        " | ", event.getEventType().getName().substring(PREFIX.length()) + " | ", ""));
    }

    private static String id(Channel channel) {
        return channel.id().asShortText();
    }

    @Test
    void attachAndRefusalAndHandOverAreRecorded() throws Exception {
        Program program = Program.parse(FilteredReceiver.ON_UDP);
        String events = record(() -> {
            BpfFilterHandler handler = new BpfFilterHandler(program);
            try (FilteredReceiver receiver = new FilteredReceiver(Transport.EPOLL_UDP, handler, ch -> {})) {
                receiver.bind().sync();
                assertThrows(IllegalArgumentException.class, () -> handler.replace(UNJUDGEABLE)
                        .sync());
                handler.enforce(false).sync();
                handler.enforce(true).sync();
                return id(receiver.channel);
            }
        });
        String attached = "FilterAttach | 4 | " + program.kernelCost() + " | true | null\n";
        assertEquals(
                attached //
                        + "FilterLocation | UNDECIDED | KERNEL | attached before the channel was bound\n" //
                        + "FilterRefusal | insn 0: ld #mark: a pipeline does not know it (expected: len, proto, xor_x,"
                        + " rand; or Offload.REQUIRED)\n" //
                        + "FilterLocation | KERNEL | DRY_RUN | a dry run: nothing is filtered, and what would be"
                        + " dropped is counted\n" //
                        + attached //
                        + "FilterLocation | DRY_RUN | KERNEL_AND_PIPELINE | attached to a bound channel\n" //
                        + "FilterLocation | KERNEL_AND_PIPELINE | REMOVED | the channel was closed",
                events);
    }

    @Test
    void anAttachThatFailsIsRecordedAndTheRefusalToo() throws Exception {
        Program program = Program.parse(FilteredReceiver.ON_UDP);
        Program next = Program.parse("ret #0");
        String events = record(() -> {
            BpfFilterHandler handler = new BpfFilterHandler(program);
            try (FilteredReceiver receiver = new FilteredReceiver(Transport.EPOLL_UDP, handler, ch -> {})) {
                receiver.bind().sync();
                SocketFilters.lock(receiver.channel);
                assertThrows(
                        SocketFilterException.class, () -> handler.replace(next).sync());
                return id(receiver.channel);
            }
        });
        assertEquals(
                "FilterAttach | 4 | " + program.kernelCost() + " | true | null\n" //
                        + "FilterLocation | UNDECIDED | KERNEL | attached before the channel was bound\n" //
                        + "FilterAttach | 1 | " + next.kernelCost()
                        + " | false | SO_ATTACH_FILTER: the filter is locked (SO_LOCK_FILTER)\n" //
                        + "FilterRefusal | SO_DETACH_FILTER: the filter is locked (SO_LOCK_FILTER)\n" //
                        + "FilterLocation | KERNEL | REMOVED | the channel was closed",
                events);
    }

    @Test
    void aProgramThatNoHandlerTakesIsRecorded() throws Exception {
        String events = record(() -> {
            assertThrows(IllegalArgumentException.class, () -> new BpfFilterHandler(UNJUDGEABLE));
            BpfFilterHandler handler = new BpfFilterHandler(Program.parse("ret #0"));
            assertThrows(IllegalArgumentException.class, () -> handler.replace(UNJUDGEABLE)
                    .sync());
            return null;
        });
        assertEquals("FilterRefusal | " + REFUSED + "\nFilterRefusal | " + REFUSED, events);
    }

    @Test
    void aBindThatFailsIsRecorded() throws Exception {
        BpfFilterHandler handler = BpfFilterHandler.builder(UNJUDGEABLE)
                .placement(Placement.UDP_SOCKET)
                .offload(Offload.REQUIRED)
                .build();
        String events = record(() -> {
            try (FilteredReceiver receiver = new FilteredReceiver(Transport.NIO_UDP, handler, ch -> {})) {
                assertThrows(SocketFilterException.class, () -> receiver.bind().sync());
                return id(receiver.channel);
            }
        });
        String why = "NioDatagramChannel takes no filter (expected: an epoll or io_uring channel)";
        assertEquals(
                "FilterRefusal | " + why + "\n" //
                        + "FilterLocation | UNDECIDED | FAILED | " + why,
                events);
    }

    private static void drop(EmbeddedChannel channel, int packets) {
        for (int i = 0; i < packets; i++) {
            channel.writeInbound(Unpooled.wrappedBuffer(new byte[1]));
        }
    }

    /** The recorder looks once a second, on a thread of its own. */
    @Test
    void manyDropsAreABurst() throws Exception {
        BpfFilterHandler handler = new BpfFilterHandler(Program.parse("ret #0"));
        EmbeddedChannel channel = new EmbeddedChannel(DefaultChannelId.newInstance(), handler);
        BlockingQueue<RecordedEvent> bursts = new LinkedBlockingQueue<>();
        try (RecordingStream stream = new RecordingStream()) {
            stream.enable(PREFIX + "DropBurst").withPeriod(Duration.ofMillis(100));
            stream.onEvent(PREFIX + "DropBurst", event -> {
                if (event.getString("channelId").equals(id(channel))) {
                    bursts.add(event);
                }
            });
            stream.startAsync();
            long dropped = 0;
            RecordedEvent burst = null;
            // Until so many were dropped between two looks.
            for (int i = 0; burst == null && i < Transport.PATIENCE_SECONDS; i++) {
                drop(channel, 50_000);
                dropped += 50_000;
                burst = bursts.poll(1, TimeUnit.SECONDS);
            }
            assertTrue(burst != null, "no burst");
            assertTrue(burst.getLong("dropped") > 1000, burst::toString);
            assertTrue(burst.getLong("total") >= burst.getLong("dropped"), burst::toString);
            assertTrue(burst.getLong("total") <= dropped, burst::toString);
            assertTrue(burst.getDuration("interval").toNanos() > 0, burst::toString);
        }
        channel.close();
    }

    @ParameterizedTest
    @CsvSource({
        "FilterAttachEvent, FilterAttach, Filter Attach, kernelCost, jdk.jfr.DataAmount",
        "FilterLocationChange, FilterLocation, Filter Location, '', ''",
        "FilterRefusalEvent, FilterRefusal, Filter Refusal, '', ''",
        "DropBurstEvent, DropBurst, Drop Burst, interval, jdk.jfr.Timespan"
    })
    void eventsAreDescribed(String className, String name, String label, String field, String content)
            throws Exception {
        EventType type = EventType.getEventType(
                Class.forName("io.github.nettybpf.netty.observe." + className).asSubclass(Event.class));
        assertEquals(PREFIX + name, type.getName());
        assertEquals(label, type.getLabel());
        assertEquals(List.of("netty-bpf"), type.getCategoryNames());
        assertTrue(type.getDescription().length() > 20, type::getDescription);
        // A periodic event has a period instead.
        String expected = name.equals("DropBurst") ? "period = 1 s" : "stackTrace = false";
        assertTrue(type.getSettingDescriptors().stream()
                .map(setting -> setting.getName() + " = " + setting.getDefaultValue())
                .anyMatch(expected::equals));
        type.getFields().forEach(each -> assertNotNull(each.getLabel(), each::getName));
        if (!field.isEmpty()) {
            assertTrue(type.getField(field).getAnnotationElements().stream()
                    .anyMatch(each -> each.getTypeName().equals(content)));
        }
    }

    /** {@return what a JVM of its own prints that is started with the options} */
    private static String run(String... options) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:TieredStopAtLevel=1"));
        command.addAll(List.of(options));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), WithoutRecording.class.getName()));
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), output);
        return output;
    }

    @Test
    void aJvmWithoutFlightRecorderFilters() throws Exception {
        assertEquals(
                "flight recorder: false\n2 received, 1 dropped, PIPELINE\nREMOVED\n",
                run("--limit-modules", "java.base,java.logging,jdk.unsupported"));
    }

    /** To load one, the JVM initializes Flight Recorder, which takes a tenth of a second and more. */
    @Test
    void noEventClassIsLoadedWithoutARecording() throws Exception {
        List<String> loaded = run("-Xlog:class+load:stdout:none")
                .lines()
                .filter(line -> line.startsWith("io.github.nettybpf."))
                .map(line -> line.substring(line.lastIndexOf('.', line.indexOf(' ')) + 1, line.indexOf(' ')))
                .filter(Set.of(
                        "FlightRecorderEvents",
                        "FilterCompileEvent",
                        "FilterAttachEvent",
                        "FilterLocationChange",
                        "FilterRefusalEvent",
                        "DropBurstEvent")::contains)
                .toList();
        assertEquals(List.of("FlightRecorderEvents"), loaded);
    }

    /** Runs where there is no JDK Flight Recorder, or no recording. */
    static final class WithoutRecording {
        public static void main(String[] args) {
            System.out.println("flight recorder: "
                    + ModuleLayer.boot().findModule("jdk.jfr").isPresent());
            Filter.compile(Program.parse("ret #7"));
            assertThrows(IllegalArgumentException.class, () -> new BpfFilterHandler(UNJUDGEABLE));
            BpfFilterHandler handler = new BpfFilterHandler(Program.parse("ldb [0]\nret a"));
            EmbeddedChannel channel = new EmbeddedChannel(handler);
            channel.writeInbound(Unpooled.wrappedBuffer(new byte[] {0}), Unpooled.wrappedBuffer(new byte[] {1}));
            FilterStats stats = handler.stats();
            System.out.println(stats.received() + " received, " + stats.dropped() + " dropped, " + stats.location());
            handler.denySources(AddressSet.of("10.0.0.1")).awaitUninterruptibly();
            channel.finishAndReleaseAll();
            System.out.println(handler.stats().location());
        }
    }
}
