package io.github.nettybpf.core.compile;

import io.github.nettybpf.core.Filter.CompilerStats;
import java.util.function.Supplier;
import jdk.jfr.FlightRecorder;
import org.jspecify.annotations.Nullable;

/** One compilation, which is counted, and recorded where the JVM has JDK Flight Recorder. */
public final class Compilation {
    /** Told the end of a compilation. */
    @FunctionalInterface
    interface Recorder {
        /**
         * Records it.
         *
         * @param instructions of the program
         * @param bytes the size of the class file, or 0 if there is none
         * @param failure why it has failed, or null
         */
        void end(int instructions, int bytes, @Nullable Throwable failure);
    }

    private static final Supplier<Recorder> RECORDERS = recorders();
    private static CompilerStats stats = new CompilerStats(0, 0, 0);

    private final int instructions;
    private final Recorder recorder = RECORDERS.get();
    private final long began = System.nanoTime();

    private Compilation(int instructions) {
        this.instructions = instructions;
    }

    /** An event class is loaded only when there is a recording: the JVM initializes Flight Recorder to load one. */
    private static Supplier<Recorder> recorders() {
        Recorder none = (instructions, bytes, failure) -> {};
        try {
            FlightRecorder.isInitialized();
            return () -> FlightRecorder.isInitialized() ? FilterCompileEvent.begun() : none;
        } catch (LinkageError absent) {
            // The module jdk.jfr is not in this JVM, or not resolved.
            return () -> none;
        }
    }

    /** {@return a compilation that begins now} */
    static Compilation begin(int instructions) {
        return new Compilation(instructions);
    }

    /** Ends it with a class file of this size. */
    void succeed(int bytes) {
        end(bytes, null);
    }

    /** Ends it without a filter. */
    void fail(Throwable failure) {
        end(0, failure);
    }

    private void end(int bytes, @Nullable Throwable failure) {
        count(failure == null, System.nanoTime() - began);
        recorder.end(instructions, bytes, failure);
    }

    private static synchronized void count(boolean succeeded, long nanos) {
        stats = new CompilerStats(
                stats.compiled() + (succeeded ? 1 : 0), stats.failed() + (succeeded ? 0 : 1), stats.nanos() + nanos);
    }

    /** {@return the figures of all compilations that have ended} */
    public static synchronized CompilerStats stats() {
        return stats;
    }
}
