package io.github.nettybpf.benchmarks;

import io.github.nettybpf.core.Filter;
import io.github.nettybpf.core.Packet;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** The interpreter over {@link Frames} in random order; one operation is one packet. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class InterpreterBenchmark {
    /** The program. */
    @Param
    Workload workload;

    private FilterLoop loop = new FilterLoop(packet -> 0, new Packet[0]);
    private int next;

    /** Makes the packets and the filter. */
    @Setup
    public void prepare() {
        loop = new FilterLoop(Filter.interpret(workload.program()), workload.frames());
    }

    /** {@return the checksum of the verdicts on the next {@link Frames#COUNT} packets} */
    @Benchmark
    @OperationsPerInvocation(Frames.COUNT)
    public int run() {
        int from = next;
        next = (from + Frames.COUNT) % (Frames.COUNT * Frames.ROUNDS);
        return loop.checksum(from, from + Frames.COUNT);
    }
}
