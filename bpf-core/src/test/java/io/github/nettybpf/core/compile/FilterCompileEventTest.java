package io.github.nettybpf.core.compile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.nettybpf.core.Filter;
import io.github.nettybpf.core.Filter.CompilerStats;
import io.github.nettybpf.core.Packet;
import io.github.nettybpf.core.Program;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodHandles.Lookup;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import jdk.jfr.DataAmount;
import jdk.jfr.EventType;
import jdk.jfr.Recording;
import jdk.jfr.ValueDescriptor;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What JDK Flight Recorder is told of compilations, and what is counted of them. */
class FilterCompileEventTest {
    private static final String EVENT = "io.github.nettybpf.FilterCompile";

    @TempDir
    private Path folder;

    private List<RecordedEvent> record(Runnable compilations) throws IOException {
        Path file = folder.resolve("compilations.jfr");
        try (Recording recording = new Recording()) {
            recording.enable(EVENT);
            recording.start();
            compilations.run();
            recording.stop();
            recording.dump(file);
        }
        return RecordingFile.readAllEvents(file).stream()
                // Filters of other tests may still be compiled in the background.
                .filter(event -> event.getThread() != null
                        && event.getThread().getJavaThreadId()
                                == Thread.currentThread().getId())
                .toList();
    }

    private static String values(RecordedEvent event) {
        return event.getInt("instructions") + " instructions, " + event.getLong("classFileSize") + " bytes, "
                + event.getBoolean("succeeded") + ", " + event.getString("error");
    }

    @Test
    void aCompilationIsRecordedAndCounted() throws Exception {
        Program program = Program.parse("ldb [0]\njne #7, drop\nret #-1\ndrop: ret #0");
        CompilerStats before = Filter.compilerStats();
        List<RecordedEvent> events = record(() -> Filter.compile(program));
        CompilerStats after = Filter.compilerStats();
        int bytes = Filter.classFile(program).length;
        assertEquals(
                List.of("4 instructions, " + bytes + " bytes, true, null"),
                events.stream().map(FilterCompileEventTest::values).toList());
        long nanos = events.get(0).getDuration().toNanos();
        assertTrue(nanos > 0, () -> "took " + nanos);
        assertTrue(after.compiled() > before.compiled(), after::toString);
        assertTrue(after.nanos() > before.nanos(), after::toString);
    }

    @Test
    void aFailureIsRecordedAndCounted() throws Exception {
        CompilerStats before = Filter.compilerStats();
        Lookup mayNotDefine = MethodHandles.lookup().dropLookupMode(Lookup.PACKAGE);
        String[] cause = new String[1];
        List<RecordedEvent> events = record(() -> cause[0] = assertThrows(
                        LinkageError.class,
                        () -> FilterCompiler.compile(Program.parse("ret #7"), mayNotDefine, List.of()))
                .getCause()
                .toString());
        assertEquals(
                List.of("1 instructions, 0 bytes, false, java.lang.LinkageError:"
                        + " io/github/nettybpf/core/compile/CompiledFilter: " + cause[0]),
                events.stream().map(FilterCompileEventTest::values).toList());
        assertTrue(Filter.compilerStats().failed() > before.failed());
    }

    @Test
    void theEventIsDescribed() {
        EventType type = EventType.getEventType(FilterCompileEvent.class);
        assertEquals(EVENT, type.getName());
        assertEquals("Filter Compilation", type.getLabel());
        assertEquals(List.of("netty-bpf"), type.getCategoryNames());
        ValueDescriptor size = type.getField("classFileSize");
        assertEquals(DataAmount.BYTES, size.getAnnotation(DataAmount.class).value());
        assertEquals(
                List.of(),
                type.getFields().stream()
                        .filter(field -> field.getLabel() == null)
                        .map(ValueDescriptor::getName)
                        .toList());
    }

    @Test
    void aJvmWithoutFlightRecorderCompiles() throws Exception {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "--limit-modules",
                        "java.base",
                        "-cp",
                        System.getProperty("java.class.path"),
                        WithoutFlightRecorder.class.getName())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), output);
        assertEquals("flight recorder: false\nverdict 7, compiled 1\n", output);
    }

    /** Runs where there is no JDK Flight Recorder. */
    static final class WithoutFlightRecorder {
        public static void main(String[] args) {
            System.out.println("flight recorder: "
                    + ModuleLayer.boot().findModule("jdk.jfr").isPresent());
            int verdict = Filter.compile(Program.parse("ret #7")).run(Packet.of(new byte[0]));
            System.out.println("verdict " + verdict + ", compiled "
                    + Filter.compilerStats().compiled());
        }
    }
}
