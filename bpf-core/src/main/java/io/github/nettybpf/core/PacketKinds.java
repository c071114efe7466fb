package io.github.nettybpf.core;

import java.lang.invoke.MethodHandles.Lookup;
import java.lang.reflect.Modifier;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Kinds of packet that a compiled filter has code of its own for, in which every call on the packet is inlined. A filter
 * takes all other packets too, through the interface. Immutable.
 *
 * <p>Two or three kinds are plenty: each makes the compiled class larger.
 */
public final class PacketKinds {
    private final Lookup lookup;
    private final List<Class<? extends Packet>> types;

    private PacketKinds(Lookup lookup, List<Class<? extends Packet>> types) {
        this.lookup = lookup;
        this.types = types;
    }

    /**
     * {@return the kinds}
     *
     * @param lookup of a class in the package of the types: compiled filters become classes of that package. They are
     *     unloaded like all others, when neither they nor their filters are in use
     * @param types final classes, tried in this order
     * @throws IllegalArgumentException if a type is not a final class, or the lookup cannot define classes
     */
    public static PacketKinds of(Lookup lookup, List<Class<? extends Packet>> types) {
        if (!lookup.hasFullPrivilegeAccess()) {
            throw new IllegalArgumentException(lookup + " (expected: what MethodHandles.lookup() gives)");
        }
        for (Class<?> type : types) {
            if (!Modifier.isFinal(type.getModifiers()) || type.isInterface()) {
                throw new IllegalArgumentException(type.getName() + " (expected: a final class)");
            }
            try {
                lookup.accessClass(type);
            } catch (IllegalAccessException e) {
                throw new IllegalArgumentException(
                        type.getName() + " cannot be named from "
                                + lookup.lookupClass().getName() + " (expected: a class that the lookup's can see)",
                        e);
            }
        }
        return new PacketKinds(lookup, List.copyOf(types));
    }

    /** {@return what compiled filters are defined with} */
    public Lookup lookup() {
        return lookup;
    }

    /** {@return the types, in order; unmodifiable} */
    public List<Class<? extends Packet>> types() {
        return types;
    }

    /** {@return whether the other kinds have the same types and the same package} */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof PacketKinds kinds
                && types.equals(kinds.types)
                && lookup.lookupClass().equals(kinds.lookup.lookupClass());
    }

    @Override
    public int hashCode() {
        return types.hashCode();
    }
}
