package io.github.nettybpf.tools.run;

import io.github.nettybpf.tools.Refusal;
import io.github.nettybpf.tools.capture.CapturedPacket;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Times engines in turn on the same packets. */
final class Measurement {
    private static final long WARM_UP_NANOS = 1_000_000_000;
    private static final long ROUND_NANOS = 30_000_000;

    private final ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    private final CapturedPacket[] packets;
    private final List<Verdicts.CaptureFilter[]> engines = new ArrayList<>();

    /**
     * A measurement of engines.
     *
     * @param filters for each engine, the filter for each packet
     */
    Measurement(List<CapturedPacket> packets, List<List<Verdicts.CaptureFilter>> filters) {
        this.packets = packets.toArray(CapturedPacket[]::new);
        for (List<Verdicts.CaptureFilter> engine : filters) {
            engines.add(engine.toArray(Verdicts.CaptureFilter[]::new));
        }
    }

    /**
     * The times of one engine.
     *
     * @param sorted nanoseconds per packet of each round, ascending
     * @param passes how many packets pass
     */
    record Times(List<Double> sorted, long passes) {
        /** {@return a quantile of the times: 0 is the fastest round, 0.5 the median, 1 the slowest} */
        double at(double part) {
            return sorted.get((int) Math.round(part * (sorted.size() - 1)));
        }
    }

    /**
     * Runs every engine once on every packet.
     *
     * @throws Refusal if they disagree on a verdict
     */
    void compare() throws Refusal {
        for (CapturedPacket packet : packets) {
            int i = (int) packet.number() - 1;
            int first = engines.get(0)[i].verdict(packet);
            int second = engines.get(1)[i].verdict(packet);
            if (first != second) {
                throw new Refusal("packet " + packet.number() + ": verdict " + Integer.toUnsignedString(first)
                        + " by the interpreter and " + Integer.toUnsignedString(second)
                        + " by the compiler (expected: the same; a program that reads rand has no single verdict)");
            }
        }
    }

    /** {@return the times of each engine} */
    List<Times> run(long rounds) throws Refusal {
        long[] repetitions = new long[engines.size()];
        long[] passes = new long[engines.size()];
        for (int i = 0; i < repetitions.length; i++) {
            repetitions[i] = warmUp(engines.get(i));
        }
        double[][] times = new double[engines.size()][(int) rounds];
        for (int round = 0; round < rounds; round++) {
            for (int i = 0; i < times.length; i++) {
                long begin = threads.getCurrentThreadCpuTime();
                passes[i] = pass(engines.get(i), repetitions[i]) / repetitions[i];
                long nanos = threads.getCurrentThreadCpuTime() - begin;
                times[i][round] = (double) nanos / ((double) repetitions[i] * packets.length);
            }
        }
        List<Times> result = new ArrayList<>();
        for (int i = 0; i < times.length; i++) {
            Arrays.sort(times[i]);
            result.add(new Times(Arrays.stream(times[i]).boxed().toList(), passes[i]));
        }
        return result;
    }

    /** {@return how often to repeat all packets in a round, after running them until the code is compiled} */
    private long warmUp(Verdicts.CaptureFilter[] engine) throws Refusal {
        long begin = threads.getCurrentThreadCpuTime();
        long end = begin;
        long repetitions = 1;
        while (end - begin < WARM_UP_NANOS) {
            long before = threads.getCurrentThreadCpuTime();
            long unused = pass(engine, repetitions);
            end = threads.getCurrentThreadCpuTime();
            if (unused >= 0 && end - before < ROUND_NANOS) {
                repetitions *= 2;
            }
        }
        return repetitions;
    }

    /** {@return how many packets pass, counted in each repetition} */
    private long pass(Verdicts.CaptureFilter[] engine, long repetitions) throws Refusal {
        long passes = 0;
        for (long i = 0; i < repetitions; i++) {
            for (int p = 0; p < packets.length; p++) {
                passes += engine[p].verdict(packets[p]) != 0 ? 1 : 0;
            }
        }
        return passes;
    }
}
