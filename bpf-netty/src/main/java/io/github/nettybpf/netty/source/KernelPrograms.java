package io.github.nettybpf.netty.source;

import io.github.nettybpf.core.Placement;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.netty.code.PredicateForm;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * What the kernel may run of a rule.
 *
 * @param complete the program with all sources, or null if they do not fit
 * @param form what drops no more than the rule and cuts nothing, or null if the pipeline cannot judge again
 */
public record KernelPrograms(
        @Nullable Program complete, @Nullable Program form) {

    /**
     * {@return the programs}
     *
     * @param program the rule's program as the socket takes it
     * @param placement what offset 0 is to the socket's filter
     * @param optionMemory how many bytes of memory a socket has for filters, if that is known
     * @param agrees whether the pipeline gives the kernel's verdicts
     */
    public static KernelPrograms of(
            Program program, Placement placement, SourceRule sources, OptionalLong optionMemory, boolean agrees) {
        Program complete = OffloadedSources.whole(program, placement, sources, optionMemory)
                .orElse(null);
        Program form =
                agrees ? PredicateForm.of(complete == null ? program : complete).orElse(null) : null;
        return new KernelPrograms(complete, form);
    }
}
