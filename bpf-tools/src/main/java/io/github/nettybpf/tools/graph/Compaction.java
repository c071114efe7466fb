package io.github.nettybpf.tools.graph;

import java.util.Arrays;

/** Columns that must be so far apart from one another, in an order without cycles. */
final class Compaction {
    private int[] from = new int[64];
    private int[] to = new int[64];
    private double[] distance = new double[64];
    private int count;
    private final int size;

    Compaction(int size) {
        this.size = size;
    }

    void keepApart(int left, int right, double apart) {
        if (count == from.length) {
            from = Arrays.copyOf(from, 2 * count);
            to = Arrays.copyOf(to, 2 * count);
            distance = Arrays.copyOf(distance, 2 * count);
        }
        from[count] = left;
        to[count] = right;
        distance[count++] = apart;
    }

    /** {@return where each column is}: first as far left as can be, then moved right where there is room. */
    double[] places(int[] root) {
        int[] firstOut = new int[size];
        int[] nextOut = new int[count];
        int[] arrivals = new int[size];
        Arrays.fill(firstOut, -1);
        for (int i = 0; i < count; i++) {
            nextOut[i] = firstOut[from[i]];
            firstOut[from[i]] = i;
            arrivals[to[i]]++;
        }
        double[] x = new double[size];
        int[] sorted = new int[size];
        int ready = 0;
        for (int column = 0; column < size; column++) {
            if (root[column] == column && arrivals[column] == 0) {
                sorted[ready++] = column;
            }
        }
        for (int i = 0; i < ready; i++) {
            int column = sorted[i];
            for (int out = firstOut[column]; out >= 0; out = nextOut[out]) {
                x[to[out]] = Math.max(x[to[out]], x[column] + distance[out]);
                if (--arrivals[to[out]] == 0) {
                    sorted[ready++] = to[out];
                }
            }
        }
        for (int i = ready - 1; i >= 0; i--) {
            int column = sorted[i];
            double room = Double.MAX_VALUE;
            for (int out = firstOut[column]; out >= 0; out = nextOut[out]) {
                room = Math.min(room, x[to[out]] - distance[out]);
            }
            if (room != Double.MAX_VALUE) {
                x[column] = Math.max(x[column], room);
            }
        }
        return x;
    }
}
