package io.github.nettybpf.core;

import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * The filters of {@link Filter#of}: equal programs share one, and with it the compiled class. A server makes a handler for
 * each of thousands of channels, often each with a program parsed anew. What nobody uses any more is forgotten.
 */
final class SharedFilters {
    private static final ConcurrentMap<Key, Shared> FILTERS = new ConcurrentHashMap<>();
    private static final ReferenceQueue<Filter> UNUSED = new ReferenceQueue<>();

    private record Key(Program program, PacketKinds kinds) {}

    private static final class Shared extends WeakReference<Filter> {
        private final Key key;

        Shared(Key key, Filter filter) {
            super(filter, UNUSED);
            this.key = key;
        }
    }

    private SharedFilters() {}

    static Filter of(Program program, PacketKinds kinds) {
        for (Reference<?> unused = UNUSED.poll(); unused != null; unused = UNUSED.poll()) {
            FILTERS.remove(((Shared) unused).key, unused);
        }
        Key key = new Key(program, kinds);
        Filter fresh = null;
        while (true) {
            Shared known = FILTERS.get(key);
            Filter filter = known == null ? null : known.get();
            if (filter != null) {
                return filter;
            }
            if (fresh == null) {
                fresh = new TieredFilter(program, kinds);
            }
            Shared shared = new Shared(key, fresh);
            if (known == null ? FILTERS.putIfAbsent(key, shared) == null : FILTERS.replace(key, known, shared)) {
                return fresh;
            }
        }
    }

    /** {@return how many are remembered} */
    static int size() {
        return FILTERS.size();
    }
}
