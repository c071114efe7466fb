package io.github.nettybpf.benchmarks;

import io.github.nettybpf.core.Filter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.IntFunction;

/** The engines that run in a JVM. */
@SuppressWarnings("ImmutableEnumChecker") // the functions have no state
enum JavaEngine {
    INTERPRETER("interpreter", workload -> new FilterLoop(Filter.interpret(workload.program()), workload.frames())),
    COMPILER("compiler", workload -> new FilterLoop(Filter.compile(workload.program()), workload.frames())),
    BY_HAND("Java by hand", JavaEngine::byHand),
    PASS_DIRECT("pipeline, no filter, direct", workload -> PipelineLoop.unfiltered(workload, direct())),
    HAND_DIRECT("pipeline, by hand, direct", workload -> PipelineLoop.byHand(workload, direct())),
    FILTER_DIRECT("pipeline, filter, direct", workload -> PipelineLoop.filtered(workload, direct())),
    COUNTED_DIRECT("pipeline, counted, direct", workload -> PipelineLoop.counted(workload, direct())),
    PASS_HEAP("pipeline, no filter, heap", workload -> PipelineLoop.unfiltered(workload, heap())),
    HAND_HEAP("pipeline, by hand, heap", workload -> PipelineLoop.byHand(workload, heap())),
    FILTER_HEAP("pipeline, filter, heap", workload -> PipelineLoop.filtered(workload, heap())),
    COUNTED_HEAP("pipeline, counted, heap", workload -> PipelineLoop.counted(workload, heap()));

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

    private static IntFunction<ByteBuf> direct() {
        return PooledByteBufAllocator.DEFAULT::directBuffer;
    }

    private static IntFunction<ByteBuf> heap() {
        return PooledByteBufAllocator.DEFAULT::heapBuffer;
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
