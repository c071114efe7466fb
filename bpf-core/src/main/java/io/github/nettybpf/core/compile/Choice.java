package io.github.nettybpf.core.compile;

import java.util.Set;

/** Tests that all look at the same A, and are decided by looking it up: which value leads where. */
sealed interface Choice permits KeyChoice, RangeChoice {
    /** {@return the places that some value leads to} */
    Set<Integer> ways();

    /** {@return how many of the tests' edges lead to a place}, those that no value takes included. */
    int edges(int way);

    /** {@return whether there are but two ways}: {@link #yes} for some values, and {@link #no} for all else. */
    boolean isSet();

    /** {@return where the members of the set lead} */
    int yes();

    /** {@return where all else leads} */
    int no();

    /** {@return about how long the code gets that finds a value} */
    int weight();
}
