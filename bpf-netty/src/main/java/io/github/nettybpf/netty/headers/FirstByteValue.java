package io.github.nettybpf.netty.headers;

import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.IntBinaryOperator;
import java.util.function.IntUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A value that a program has computed, for each value that the first byte of the IP header can have; or nothing but whether
 * it can differ between two of these that have the same version. Immutable. Versions are bits: {@link #IPV4},
 * {@link #IPV6}.
 */
final class FirstByteValue {
    static final int IPV4 = 1;
    static final int IPV6 = 2;
    static final int ALL = IPV4 | IPV6;
    static final List<Integer> VERSIONS = List.of(IPV4, IPV6);

    /** An IPv4 header has at least 5 words. */
    private static final int FIRST_IPV4 = 0x45;

    private static final int LAST_IPV4 = 0x4f;
    private static final int FIRST_IPV6 = 0x60;
    private static final int LAST_IPV6 = 0x6f;
    private static final int IPV4_COUNT = LAST_IPV4 - FIRST_IPV4 + 1;
    private static final int COUNT = IPV4_COUNT + LAST_IPV6 - FIRST_IPV6 + 1;

    /** Any value that does not depend on the first byte, except on its version. */
    static final FirstByteValue UNRELATED = new FirstByteValue(null, false);

    private static final FirstByteValue DEPENDENT = new FirstByteValue(null, true);

    /** The byte itself. */
    static final FirstByteValue FIRST_BYTE = firstByte();

    /** For each first byte, or null if not known. */
    private final int @Nullable [] values;

    /** Where the values are not known: whether they can differ between first bytes of one version. */
    private final boolean dependent;

    private FirstByteValue(int @Nullable [] values, boolean dependent) {
        this.values = values;
        this.dependent = dependent;
    }

    private static FirstByteValue firstByte() {
        int[] bytes = new int[COUNT];
        Arrays.setAll(bytes, i -> i < IPV4_COUNT ? FIRST_IPV4 + i : FIRST_IPV6 + i - IPV4_COUNT);
        return new FirstByteValue(bytes, false);
    }

    static FirstByteValue constant(int value) {
        return ofVersions(value, value);
    }

    static FirstByteValue ofVersions(int ofIpv4, int ofIpv6) {
        int[] values = new int[COUNT];
        Arrays.fill(values, 0, IPV4_COUNT, ofIpv4);
        Arrays.fill(values, IPV4_COUNT, COUNT, ofIpv6);
        return new FirstByteValue(values, false);
    }

    private static int from(int version) {
        return version == IPV4 ? 0 : IPV4_COUNT;
    }

    private static int to(int version) {
        return version == IPV4 ? IPV4_COUNT : COUNT;
    }

    /** {@return whether the value can differ between two first bytes of one of the versions} */
    boolean varies(int versions) {
        if (values == null) {
            return dependent;
        }
        for (int version : VERSIONS) {
            if ((versions & version) != 0 && in(version).isEmpty()) {
                return true;
            }
        }
        return false;
    }

    /** {@return the value where the version is this one, or empty if it is not known or differs} */
    OptionalInt in(int version) {
        if (values == null) {
            return OptionalInt.empty();
        }
        int value = values[from(version)];
        for (int i = from(version); i < to(version); i++) {
            if (values[i] != value) {
                return OptionalInt.empty();
            }
        }
        return OptionalInt.of(value);
    }

    /** {@return the value that is the same in all of the versions, or empty if there is no such value} */
    OptionalInt inAll(int versions) {
        OptionalInt all = OptionalInt.empty();
        for (int version : VERSIONS) {
            if ((versions & version) != 0) {
                OptionalInt one = in(version);
                if (one.isEmpty() || (all.isPresent() && !all.equals(one))) {
                    return OptionalInt.empty();
                }
                all = one;
            }
        }
        return all;
    }

    /** {@return the value after an operation} */
    FirstByteValue map(IntUnaryOperator operation) {
        return values == null
                ? this
                : new FirstByteValue(Arrays.stream(values).map(operation).toArray(), false);
    }

    /** {@return the value after an operation with another one, where one of the versions is the first byte's} */
    FirstByteValue combine(FirstByteValue other, int versions, IntBinaryOperator operation) {
        if (values == null || other.values == null) {
            return varies(versions) || other.varies(versions) ? DEPENDENT : UNRELATED;
        }
        int[] combined = new int[COUNT];
        for (int version : VERSIONS) {
            if ((versions & version) != 0) {
                for (int i = from(version); i < to(version); i++) {
                    combined[i] = operation.applyAsInt(values[i], other.values[i]);
                }
            }
        }
        return new FirstByteValue(combined, false);
    }

    /** {@return the value where two paths join that are taken in these versions} */
    @SuppressWarnings("ReferenceEquality") // the usual case, and cheap to find
    FirstByteValue join(int versions, FirstByteValue other, int otherVersions) {
        if (this == other) {
            return this;
        }
        if (values == null || other.values == null) {
            return varies(versions) || other.varies(otherVersions) ? DEPENDENT : UNRELATED;
        }
        int[] joined = new int[COUNT];
        for (int version : VERSIONS) {
            for (int i = from(version); i < to(version); i++) {
                boolean here = (versions & version) != 0;
                boolean there = (otherVersions & version) != 0;
                if (here && there && values[i] != other.values[i]) {
                    return varies(versions) || other.varies(otherVersions) ? DEPENDENT : UNRELATED;
                }
                joined[i] = here ? values[i] : other.values[i];
            }
        }
        return new FirstByteValue(joined, false);
    }
}
