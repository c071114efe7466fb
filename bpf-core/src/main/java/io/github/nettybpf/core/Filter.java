package io.github.nettybpf.core;

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
     * {@return the filter to use when nothing speaks for another}
     *
     * @param program the program
     */
    static Filter of(Program program) {
        return interpret(program);
    }
}
