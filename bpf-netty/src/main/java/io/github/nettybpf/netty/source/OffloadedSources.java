package io.github.nettybpf.netty.source;

import io.github.nettybpf.core.Placement;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.core.address.AddressSet;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Predicate;

/** What the kernel is given of sets of sources: a program of all of them, or of the prefixes that are hottest. */
public final class OffloadedSources implements HotSources.Kernel {
    /** The default of Linux before 6.8, for where it cannot be read. */
    private static final long LEAST_OPTION_MEMORY = 20_480;

    /** Instructions that are needed beside those of the prefixes. */
    private static final int OVERHEAD = 64;

    private final Program form;
    private final Placement placement;
    private final OptionalLong optionMemory;
    private final Predicate<Program> attach;

    /**
     * A part for the hottest prefixes.
     *
     * @param form the program that drops what the pipeline's drops, and cuts nothing
     * @param placement what offset 0 is to the socket's filter
     * @param optionMemory how many bytes of memory a socket has for filters, if it is known (net.core.optmem_max)
     * @param attach attaches a program on the event loop, and says whether it succeeded
     */
    public OffloadedSources(Program form, Placement placement, OptionalLong optionMemory, Predicate<Program> attach) {
        this.form = form;
        this.placement = placement;
        this.optionMemory = optionMemory;
        this.attach = attach;
    }

    /** {@return whether the kernel shows a filter at this placement where a packet comes from} */
    public static boolean showsSource(Placement placement) {
        return placement == Placement.UDP_SOCKET || placement == Placement.ETHERNET || placement == Placement.IP;
    }

    /** {@return the program with the whole rule before it, or empty if the kernel would not take it} */
    public static Optional<Program> whole(
            Program program, Placement placement, SourceRule rule, OptionalLong optionMemory) {
        return rule.wantsAll()
                ? Optional.of(program)
                : FoldedProgram.of(program, placement, rule).filter(folded -> fits(folded, optionMemory));
    }

    /** While a filter takes the place of another, the socket is charged for both. */
    private static boolean fits(Program program, OptionalLong optionMemory) {
        return program.conversionProblem().isEmpty()
                && 2L * program.kernelCost() < optionMemory.orElse(LEAST_OPTION_MEMORY);
    }

    @Override
    public int budget() {
        return Program.MAX_SIZE - form.size() - OVERHEAD;
    }

    @Override
    public Optional<Program> program(AddressSet hot) {
        return FoldedProgram.sampling(form, placement, hot, HotPrefixes.ONE_IN)
                .filter(sampling -> fits(sampling, optionMemory));
    }

    /** {@return the program to begin with, which drops these prefixes if there are any} */
    public Program first(AddressSet hot) {
        return hot.isEmpty() ? form : program(hot).orElse(form);
    }

    @Override
    public boolean attach(Program program) {
        return attach.test(program);
    }
}
