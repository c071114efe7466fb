package io.github.nettybpf.core;

import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * The filters of {@link Filter#of} for the same kinds of packet. Equal programs share one filter, and with it the
 * compiled class: a server makes a handler for each of thousands of channels, often with a program that is parsed each
 * time. A filter that is no longer in use is removed.
 */
final class SharedFilters {
    private final PacketKinds kinds;
    private final ConcurrentMap<Program, Shared> filters = new ConcurrentHashMap<>();
    private final ReferenceQueue<Filter> unused = new ReferenceQueue<>();

    private static final class Shared extends WeakReference<Filter> {
        private final Program program;

        Shared(Program program, Filter filter, ReferenceQueue<Filter> queue) {
            super(filter, queue);
            this.program = program;
        }
    }

    SharedFilters(PacketKinds kinds) {
        this.kinds = kinds;
    }

    Filter of(Program program) {
        for (Reference<?> gone = unused.poll(); gone != null; gone = unused.poll()) {
            filters.remove(((Shared) gone).program, gone);
        }
        Filter fresh = null;
        while (true) {
            Shared known = filters.get(program);
            Filter filter = known == null ? null : known.get();
            if (filter != null) {
                return filter;
            }
            if (fresh == null) {
                fresh = new TieredFilter(program, kinds);
            }
            Shared shared = new Shared(program, fresh, unused);
            boolean isNew = known == null
                    ? filters.putIfAbsent(program, shared) == null
                    : filters.replace(program, known, shared);
            if (isNew) {
                return fresh;
            }
        }
    }

    /** {@return the number of filters that are remembered} */
    int size() {
        return filters.size();
    }
}
