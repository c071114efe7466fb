package io.github.nettybpf.netty.source;

import io.github.nettybpf.core.Program;
import org.jspecify.annotations.Nullable;

/**
 * What packets are judged by: the sources first, then the program.
 *
 * @param program the program
 * @param sources which sources are wanted
 * @param enforced whether what is not wanted is dropped; otherwise all is passed on, and only counted
 * @param shadow a program that is only compared with the first, or null
 */
public record FilterRule(
        Program program,
        SourceRule sources,
        boolean enforced,
        @Nullable Program shadow) {
    /** {@return the rule of a program that judges packets from all sources} */
    public static FilterRule of(Program program) {
        return new FilterRule(program, SourceRule.ALL, true, null);
    }

    /** {@return this rule with another program} */
    public FilterRule withProgram(Program other) {
        return new FilterRule(other, sources, enforced, shadow);
    }

    /** {@return this rule with other sources} */
    public FilterRule withSources(SourceRule other) {
        return new FilterRule(program, other, enforced, shadow);
    }

    /** {@return this rule, enforced or not: itself if it is so already} */
    public FilterRule withEnforced(boolean isEnforced) {
        return isEnforced == enforced ? this : new FilterRule(program, sources, isEnforced, shadow);
    }

    /** {@return this rule with another program to compare with, or none} */
    public FilterRule withShadow(@Nullable Program other) {
        return other == null && shadow == null ? this : new FilterRule(program, sources, enforced, other);
    }
}
