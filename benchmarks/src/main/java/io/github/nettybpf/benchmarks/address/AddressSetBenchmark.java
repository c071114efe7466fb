package io.github.nettybpf.benchmarks.address;

import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
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

/**
 * Random source addresses, each of which is looked up in a list of random prefixes ({@link AddressLists}). One operation
 * is one lookup; half of the addresses are of the list. The objects of all addresses take 13 MB: unlike those of packets
 * that were just read, which {@link AddressTable} has, most are in no cache of the CPU.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class AddressSetBenchmark {
    private static final int LOOKUPS = 1 << 16;

    /** What looks addresses up. */
    @Param
    public AddressLookup kind;

    /** How many prefixes there are. */
    @Param({"10000", "100000", "1000000"})
    public int prefixes;

    /** Which addresses there are. */
    @Param({"IPV4", "IPV6"})
    public AddressFamily family;

    private final InetSocketAddress[] sources = new InetSocketAddress[LOOKUPS];
    private Predicate<InetSocketAddress> list;
    private int next;

    /** Makes the list and the addresses. */
    @Setup
    public void make() {
        AddressLists lists = new AddressLists(family, prefixes);
        list = kind.of(lists.prefixes());
        for (int i = 0; i < LOOKUPS; i++) {
            sources[i] = new InetSocketAddress(lists.source(i % 2 == 0).address(), 1024);
        }
    }

    /** Looks one address up. */
    @Benchmark
    public boolean contains() {
        return list.test(sources[next++ & (LOOKUPS - 1)]);
    }
}
