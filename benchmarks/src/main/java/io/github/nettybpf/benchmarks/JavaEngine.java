package io.github.nettybpf.benchmarks;

import io.github.nettybpf.core.Filter;
import io.github.nettybpf.core.Packet;
import io.github.nettybpf.core.Program;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.function.Function;

/**
 * An engine of this project, in this JVM.
 *
 * @param name the name in the table
 * @param filters makes a program ready to run
 * @param frames what it runs over
 */
record JavaEngine(String name, Function<Program, Filter> filters, Frames frames) implements Engine {
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    @Override
    public Run start(Workload workload) {
        Filter filter = filters.apply(workload.program());
        Packet[] packets = frames.packets();
        return () -> {
            long start = THREADS.getCurrentThreadCpuTime();
            int checksum = checksum(filter, packets, 0, packets.length);
            return new Round(THREADS.getCurrentThreadCpuTime() - start, checksum);
        };
    }

    static int checksum(Filter filter, Packet[] packets, int from, int to) {
        int checksum = 0;
        for (int i = from; i < to; i++) {
            checksum = checksum * 31 + filter.run(packets[i]);
        }
        return checksum;
    }
}
