package io.github.nettybpf.core.compile;

import java.nio.IntBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The tables that a class looks values up in. They are its class data, so that they are constants for HotSpot. */
final class Tables {
    private final List<int[]> tables = new ArrayList<>();

    /** The index of each table, by its contents. */
    private final Map<IntBuffer, Integer> indices = new HashMap<>();

    /** {@return the index of a table in the class data} Equal tables have one index. */
    int indexOf(int[] table) {
        return indices.computeIfAbsent(IntBuffer.wrap(table), any -> {
            tables.add(table);
            return tables.size() - 1;
        });
    }

    /** {@return the tables, by their indices} */
    List<int[]> list() {
        return tables;
    }
}
