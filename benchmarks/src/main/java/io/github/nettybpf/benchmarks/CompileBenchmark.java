package io.github.nettybpf.benchmarks;

import io.github.nettybpf.core.Filter;
import io.github.nettybpf.core.Program;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** The time to compile a program in a warm JVM, and to create an interpreter for it. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 10, time = 1)
@Measurement(iterations = 5, time = 1)
public class CompileBenchmark {
    /** The program. */
    @Param
    Workload workload;

    private Program program = Program.parse("ret #0");

    /** Parses and verifies the program. */
    @Setup
    public void prepare() {
        program = workload.program();
    }

    /** {@return a compiled filter} */
    @Benchmark
    public Filter compile() {
        return Filter.compile(program);
    }

    /** {@return an interpreting filter} */
    @Benchmark
    public Filter interpret() {
        return Filter.interpret(program);
    }
}
