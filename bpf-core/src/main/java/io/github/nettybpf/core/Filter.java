package io.github.nettybpf.core;

import io.github.nettybpf.core.compile.Compilation;
import io.github.nettybpf.core.compile.FilterCompiler;

/**
 * A program that is ready to run. The filters made here can be run by any number of threads at once, allocate nothing
 * and never throw.
 */
@FunctionalInterface
public interface Filter {
    /**
     * {@return the verdict on the packet, unsigned} Verdict 0 drops the packet; any other verdict is the number of
     * bytes to keep. {@link Placement#kept} tells how many bytes are kept in any case.
     *
     * @param packet the packet
     */
    int run(Packet packet);

    /**
     * {@return a filter that interprets the program}
     *
     * @param program the program
     */
    static Filter interpret(Program program) {
        return new Interpreter(program);
    }

    /**
     * {@return a filter that is compiled to JVM bytecode, fast for packets of {@link Packet#of(byte[])}}
     *
     * @param program the program
     * @throws UnsupportedOperationException if this JVM cannot define classes at run time
     */
    static Filter compile(Program program) {
        return compile(program, BytesPacket.KINDS);
    }

    /**
     * {@return a filter that is compiled to JVM bytecode, with separate code for each kind of packet} This takes about
     * 100 us (the first in a JVM: 100 ms), for a program of 4,096 instructions up to 20 ms.
     *
     * @param program the program
     * @param kinds the kinds of packet
     * @throws UnsupportedOperationException if this JVM cannot define classes at run time
     */
    static Filter compile(Program program, PacketKinds kinds) {
        return FilterCompiler.compile(program, kinds.lookup(), kinds.types());
    }

    /**
     * {@return the class file that {@link #compile(Program)} defines, for inspection} Its line numbers are those of the
     * instructions, counted from 0. If there is a SourceDebugExtension attribute, it names the tables in the class
     * data, which are not part of a class file: {@code int[512] int[32]}.
     *
     * @param program the program
     */
    static byte[] classFile(Program program) {
        return FilterCompiler.classFile(program, BytesPacket.KINDS.lookup().lookupClass(), BytesPacket.KINDS.types());
    }

    /**
     * {@return the recommended filter, which interprets first and compiles after enough packets} It never waits for the
     * compiler. Equal programs share one filter.
     *
     * <p>The system property {@code io.github.nettybpf.compileAfter} sets the number of packets (default 1000); if it
     * is negative, programs stay interpreted. They also stay interpreted if the JVM cannot define classes at run time,
     * which is logged once.
     *
     * @param program the program
     */
    static Filter of(Program program) {
        return of(program, BytesPacket.KINDS);
    }

    /**
     * {@return the recommended filter, as {@link #of(Program)} does, with separate code for each kind of packet once it
     * is compiled}
     *
     * @param program the program
     * @param kinds the kinds of packet
     */
    static Filter of(Program program, PacketKinds kinds) {
        return kinds.filters().of(program);
    }

    /** {@return how many programs this JVM has compiled so far, in the background or not, and how long that took} */
    static CompilerStats compilerStats() {
        return Compilation.stats();
    }

    /**
     * What the compiler of filters has done since the JVM was started. None of the figures decreases.
     *
     * @param compiled how many programs were compiled
     * @param failed how many could not be
     * @param nanos how many nanoseconds both took, of elapsed time
     */
    record CompilerStats(long compiled, long failed, long nanos) {}
}
