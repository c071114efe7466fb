package io.github.nettybpf.core;

import io.github.nettybpf.core.compile.FilterCompiler;

/**
 * A program made ready to run. The filters made here can be run by any number of threads at once, allocate nothing and
 * never throw.
 */
@FunctionalInterface
public interface Filter {
    /**
     * {@return the verdict on the packet}, unsigned: 0 drops it, anything else keeps so many bytes of it. What is always
     * kept, {@link Placement#kept} knows.
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
     * {@return a filter that is the program's code in the language of the JVM}, fast for packets of {@link
     * Packet#of(byte[])}
     *
     * @param program the program
     * @throws UnsupportedOperationException if this JVM cannot define classes while it runs
     */
    static Filter compile(Program program) {
        return compile(program, BytesPacket.KINDS);
    }

    /**
     * {@return a filter that is the program's code in the language of the JVM}, with code of its own for each kind of
     * packet. Takes some 100 us (the first in a JVM: 100 ms); a program of 4,096 instructions up to 20 ms.
     *
     * @param program the program
     * @param kinds the kinds of packet
     * @throws UnsupportedOperationException if this JVM cannot define classes while it runs
     */
    static Filter compile(Program program, PacketKinds kinds) {
        return FilterCompiler.compile(program, kinds.lookup(), kinds.types());
    }

    /**
     * {@return the class file that {@link #compile(Program)} defines}, for looking at. Line numbers are those of the
     * instructions, counted from 0. A SourceDebugExtension attribute, if there is one, tells of the tables in the class
     * data, which are no part of a class file: {@code int[512] int[32]}.
     *
     * @param program the program
     */
    static byte[] classFile(Program program) {
        return FilterCompiler.classFile(program, BytesPacket.KINDS.lookup().lookupClass(), BytesPacket.KINDS.types());
    }

    /**
     * {@return the filter to use when nothing speaks for another} It interprets at once, and is replaced by a compiled one,
     * without a pause, when packets enough have come to make that worth while. Equal programs share one.
     *
     * <p>How many packets that are, the system property {@code io.github.nettybpf.compileAfter} says (default 1000); below 0
     * programs stay interpreted, as they do where the JVM cannot define classes while it runs, which is logged once.
     *
     * @param program the program
     */
    static Filter of(Program program) {
        return of(program, BytesPacket.KINDS);
    }

    /**
     * {@return the filter to use when nothing speaks for another}, as {@link #of(Program)}, with code of its own for each
     * kind of packet once it is compiled.
     *
     * @param program the program
     * @param kinds the kinds of packet
     */
    static Filter of(Program program, PacketKinds kinds) {
        return kinds.filters().of(program);
    }
}
