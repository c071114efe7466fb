package io.github.nettybpf.core;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodHandles.Lookup;
import java.lang.reflect.Modifier;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Packet types for which a compiled filter has separate code, in which every call on the packet is inlined. A filter
 * takes packets of all other types too, through the interface.
 *
 * <p>Can be used by any number of threads. Make it once and keep it: the filters of {@link Filter#of(Program,
 * PacketKinds)} that are in use are remembered here. Two or three types are enough, because each makes the compiled
 * class larger.
 *
 * <p>The lookup from which this is made can define classes in the package of its class, and is not accessible through
 * this class: all that can be done with the kinds is to have verified programs compiled for them.
 */
public final class PacketKinds {
    private final Lookup lookup;
    private final List<Class<? extends Packet>> types;
    private final SharedFilters filters = new SharedFilters(this);

    private PacketKinds(Lookup lookup, List<Class<? extends Packet>> types) {
        this.lookup = lookup;
        this.types = types;
    }

    /**
     * {@return the kinds}
     *
     * @param lookup the result of {@link MethodHandles#lookup} in a class that can access the types. Compiled filters
     *     become hidden classes of the package of that class; they are unloaded when they are no longer in use
     * @param types final classes with different simple names, tried in this order
     * @throws IllegalArgumentException if a type is not such a class, or the lookup cannot define classes
     */
    public static PacketKinds of(Lookup lookup, List<Class<? extends Packet>> types) {
        if (!lookup.hasFullPrivilegeAccess()) {
            throw new IllegalArgumentException(lookup + " (expected: what MethodHandles.lookup() gives)");
        }
        Set<String> names = new HashSet<>(Set.of(Packet.class.getSimpleName()));
        for (Class<?> type : types) {
            boolean hasName = !type.isHidden() && !type.getSimpleName().isEmpty();
            if (!Modifier.isFinal(type.getModifiers()) || type.isInterface() || !hasName) {
                throw new IllegalArgumentException(type.getName() + " (expected: a final class with a name)");
            }
            if (!names.add(type.getSimpleName())) {
                throw new IllegalArgumentException(type.getName() + " (expected: types of different simple names)");
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

    /** {@return the lookup that defines compiled filters} It must stay in this package: it has full privileges. */
    Lookup lookup() {
        return lookup;
    }

    /** {@return the types, in order; unmodifiable} */
    List<Class<? extends Packet>> types() {
        return types;
    }

    /** {@return the filters that are in use for packets of these kinds} */
    SharedFilters filters() {
        return filters;
    }
}
