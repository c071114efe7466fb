package io.github.nettybpf.tools.graph;

import java.util.Arrays;

/** Horizontal compaction: places blocks that must keep distances, given as the edges of an acyclic graph. */
final class Compaction {
    private int[] from = new int[64];
    private int[] to = new int[64];
    private double[] distance = new double[64];
    private int count;
    private final int size;

    Compaction(int size) {
        this.size = size;
    }

    void keepApart(int left, int right, double least) {
        if (count == from.length) {
            from = Arrays.copyOf(from, 2 * count);
            to = Arrays.copyOf(to, 2 * count);
            distance = Arrays.copyOf(distance, 2 * count);
        }
        from[count] = left;
        to[count] = right;
        distance[count++] = least;
    }

    /** {@return the place of each block: the leftmost possible, then moved to the right where there is room} */
    double[] places(int[] root) {
        int[] firstOut = new int[size];
        int[] nextOut = new int[count];
        int[] inDegree = new int[size];
        Arrays.fill(firstOut, -1);
        for (int i = 0; i < count; i++) {
            nextOut[i] = firstOut[from[i]];
            firstOut[from[i]] = i;
            inDegree[to[i]]++;
        }
        double[] x = new double[size];
        int[] sorted = new int[size];
        int ready = 0;
        for (int block = 0; block < size; block++) {
            if (root[block] == block && inDegree[block] == 0) {
                sorted[ready++] = block;
            }
        }
        for (int i = 0; i < ready; i++) {
            int block = sorted[i];
            for (int out = firstOut[block]; out >= 0; out = nextOut[out]) {
                x[to[out]] = Math.max(x[to[out]], x[block] + distance[out]);
                if (--inDegree[to[out]] == 0) {
                    sorted[ready++] = to[out];
                }
            }
        }
        for (int i = ready - 1; i >= 0; i--) {
            int block = sorted[i];
            double room = Double.MAX_VALUE;
            for (int out = firstOut[block]; out >= 0; out = nextOut[out]) {
                room = Math.min(room, x[to[out]] - distance[out]);
            }
            if (room != Double.MAX_VALUE) {
                x[block] = Math.max(x[block], room);
            }
        }
        return x;
    }
}
