package io.github.nettybpf.benchmarks;

import io.github.nettybpf.core.Filter;
import io.github.nettybpf.core.Packet;
import io.github.nettybpf.expression.FilterExpression;
import io.github.nettybpf.expression.LinkType;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
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

/**
 * Compiled expressions with long lists over {@link Frames} in random order; one operation is one packet. For every
 * length of the list, a quarter of the packets match it.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class ListBenchmark {
    /** The kind of values in the list. Public because code that JMH generates refers to it. */
    public enum Kind {
        /** Source or destination addresses. */
        HOST("host"),
        /** Source addresses. */
        SOURCE_HOST("src host"),
        /** Source networks of 256 addresses. */
        SOURCE_NET("src net"),
        /** Source ports. */
        SOURCE_PORT("src port");

        private final String qualifiers;

        Kind(String qualifiers) {
            this.qualifiers = qualifiers;
        }

        private String expression(int[] list) {
            return Arrays.stream(list).mapToObj(this::text).collect(Collectors.joining(" or ", qualifiers + " ", ""));
        }

        private String text(int value) {
            return switch (this) {
                case HOST, SOURCE_HOST -> address(value);
                case SOURCE_NET -> address(value & -256) + "/24";
                case SOURCE_PORT -> Integer.toString(value);
            };
        }

        private int[] list(int size) {
            return this == SOURCE_PORT ? Lists.ports(size) : Lists.hosts(size);
        }

        private static String address(int value) {
            return (value >>> 24) + "." + (value >>> 16 & 255) + "." + (value >>> 8 & 255) + "." + (value & 255);
        }
    }

    /** The kind of values in the list. */
    @Param
    Kind kind;

    /** The length of the list. */
    @Param({"10", "100", "1000"})
    int size;

    private FilterLoop loop = new FilterLoop(packet -> 0, new Packet[0]);
    private int next;

    /** Makes the packets and the filter. */
    @Setup
    public void prepare() {
        int[] list = kind.list(size);
        Filter filter = Filter.compile(FilterExpression.compile(kind.expression(list), LinkType.EN10MB));
        loop = new FilterLoop(filter, new Frames((maker, percent) -> maker.listed(percent, kind, list)));
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
