package io.github.nettybpf.benchmarks;

import io.github.nettybpf.core.Filter;
import io.netty.buffer.PooledByteBufAllocator;
import java.util.Objects;
import java.util.function.Function;

/** The engines that run in a JVM. */
@SuppressWarnings("ImmutableEnumChecker") // the functions have no state
enum JavaEngine {
    INTERPRETER("interpreter", workload -> new FilterLoop(Filter.interpret(workload.program()), workload.frames())),
    COMPILER("compiler", workload -> new FilterLoop(Filter.compile(workload.program()), workload.frames())),
    BY_HAND("Java by hand", JavaEngine::byHand),
    PASS_DIRECT(
            "pipeline, no filter, direct",
            workload -> new PipelineLoop(workload, false, PooledByteBufAllocator.DEFAULT::directBuffer)),
    FILTER_DIRECT(
            "pipeline, filter, direct",
            workload -> new PipelineLoop(workload, true, PooledByteBufAllocator.DEFAULT::directBuffer)),
    PASS_HEAP(
            "pipeline, no filter, heap",
            workload -> new PipelineLoop(workload, false, PooledByteBufAllocator.DEFAULT::heapBuffer)),
    FILTER_HEAP(
            "pipeline, filter, heap",
            workload -> new PipelineLoop(workload, true, PooledByteBufAllocator.DEFAULT::heapBuffer));

    /** A program on an engine. */
    interface Loop {
        /**
         * Runs the program over some of the frames in their order.
         *
         * @return the checksum of the verdicts: each is added to 31 times the previous sum, modulo 2^32
         */
        int checksum(int from, int to);
    }

    final String title;
    private final Function<Workload, Loop> loops;

    JavaEngine(String title, Function<Workload, Loop> loops) {
        this.title = title;
        this.loops = loops;
    }

    Loop start(Workload workload) {
        return loops.apply(workload);
    }

    private static Loop byHand(Workload workload) {
        var check = Objects.requireNonNull(workload.byHand());
        byte[][] frames = workload.frames().ordered();
        return (from, to) -> {
            int checksum = 0;
            for (int i = from; i < to; i++) {
                checksum = checksum * 31 + check.applyAsInt(frames[i]);
            }
            return checksum;
        };
    }
}
