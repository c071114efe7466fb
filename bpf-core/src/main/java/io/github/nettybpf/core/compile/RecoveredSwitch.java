package io.github.nettybpf.core.compile;

import java.util.Set;

/**
 * Switch recovery: comparisons of one and the same A with constants, replaced by a lookup of A. Each value of A leads
 * to one target.
 */
sealed interface RecoveredSwitch permits KeySwitch, RangeSwitch {
    /** {@return the targets that some value of A leads to} */
    Set<Integer> targets();

    /** {@return how many edges of the comparisons lead to the target, those included that no value takes} */
    int edgesTo(int target);

    /**
     * {@return whether there are only two targets, {@link #memberTarget} for the members of a set of values and
     * {@link #otherTarget} for all others}
     */
    boolean isMembershipTest();

    /** {@return the target of the members, if this is a membership test} */
    int memberTarget();

    /** {@return the target of all other values, if this is a membership test} */
    int otherTarget();

    /** {@return the estimated size in bytes of the code that looks A up} */
    int estimatedSize();
}
