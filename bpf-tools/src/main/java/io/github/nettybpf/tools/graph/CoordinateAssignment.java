package io.github.nettybpf.tools.graph;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;

/**
 * Horizontal coordinate assignment: long edges become straight, and a vertex is near the median of its neighbours. Of
 * four alignments, towards each corner, the mean of the inner two is taken. Source: Brandes, Köpf, "Fast and Simple
 * Horizontal Coordinate Assignment" (2001).
 */
final class CoordinateAssignment {
    private final LayeredGraph layers;
    private final CrossingReduction order;
    private final double[] widths;
    private final double gap;
    private final Set<Long> conflicts = new HashSet<>();

    private CoordinateAssignment(LayeredGraph layers, CrossingReduction order, double[] widths, double gap) {
        this.layers = layers;
        this.order = order;
        this.widths = widths;
        this.gap = gap;
    }

    /** {@return the middle of each vertex; the leftmost box begins at 0} */
    static double[] place(LayeredGraph layers, CrossingReduction order, double[] widths, double gap) {
        return new CoordinateAssignment(layers, order, widths, gap).balanced();
    }

    private double[] balanced() {
        findConflicts();
        double[][] placements = new double[4][];
        for (int i = 0; i < 4; i++) {
            boolean fromAbove = i < 2;
            boolean mirrored = i % 2 == 1;
            int[] roots = aligned(fromAbove, mirrored);
            placements[i] = compacted(roots, mirrored);
        }
        alignToNarrowest(placements);
        double[] middles = new double[layers.size()];
        for (int vertex = 0; vertex < middles.length; vertex++) {
            double[] four = {placements[0][vertex], placements[1][vertex], placements[2][vertex], placements[3][vertex]
            };
            Arrays.sort(four);
            middles[vertex] = (four[1] + four[2]) / 2;
        }
        double left = Double.MAX_VALUE;
        for (int vertex = 0; vertex < middles.length; vertex++) {
            left = Math.min(left, middles[vertex] - widths[vertex] / 2);
        }
        for (int vertex = 0; vertex < middles.length; vertex++) {
            middles[vertex] -= left;
        }
        return middles;
    }

    private static long key(int upper, int lower) {
        return (long) upper << 32 | lower;
    }

    /** Marks segments that cross a long edge (type 1 conflicts): nothing is aligned along them. */
    private void findConflicts() {
        int[][] rows = order.rows();
        for (int n = 1; n < rows.length; n++) {
            int scanned = 0;
            int from = 0;
            for (int i = 0; i < rows[n].length; i++) {
                int inner = innerAbove(rows[n][i]);
                boolean isLast = i == rows[n].length - 1;
                if (inner < 0 && !isLast) {
                    continue;
                }
                int to = inner < 0 ? rows[n - 1].length - 1 : order.place(inner);
                for (; scanned <= i; scanned++) {
                    int vertex = rows[n][scanned];
                    for (int upper : order.above(vertex)) {
                        boolean isInner = !layers.isBox(upper) && !layers.isBox(vertex);
                        boolean crosses = order.place(upper) < from || order.place(upper) > to;
                        if (crosses && !isInner) {
                            conflicts.add(key(upper, vertex));
                        }
                    }
                }
                from = to;
            }
        }
    }

    /** {@return the vertex above on the same long edge, or -1 if there is none} */
    private int innerAbove(int vertex) {
        if (!layers.isBox(vertex)) {
            for (int upper : order.above(vertex)) {
                if (!layers.isBox(upper)) {
                    return upper;
                }
            }
        }
        return -1;
    }

    /** A vertex of a long edge has only that edge as a neighbour. */
    private int[] neighbours(int vertex, boolean fromAbove) {
        int[] all = fromAbove ? order.above(vertex) : order.below(vertex);
        if (!layers.isBox(vertex)) {
            for (int other : all) {
                if (!layers.isBox(other)) {
                    return new int[] {other};
                }
            }
        }
        return all;
    }

    /** {@return for each vertex the root of its block: the first of the vertices that are aligned with it} */
    private int[] aligned(boolean fromAbove, boolean mirrored) {
        int[][] rows = order.rows();
        int[] root = new int[layers.size()];
        boolean[] isTaken = new boolean[root.length];
        Arrays.setAll(root, i -> i);
        for (int n = 1; n < rows.length; n++) {
            int[] row = rows[fromAbove ? n : rows.length - 1 - n];
            int before = -1;
            for (int i = 0; i < row.length; i++) {
                int vertex = row[mirrored ? row.length - 1 - i : i];
                int[] others = neighbours(vertex, fromAbove);
                int middle = (others.length - 1) / 2;
                int second = others.length / 2;
                int[] medians = mirrored ? new int[] {second, middle} : new int[] {middle, second};
                for (int median : others.length == 0 ? new int[0] : medians) {
                    int other = others[median];
                    int width = rows[layers.layer(other)].length;
                    int place = mirrored ? width - 1 - order.place(other) : order.place(other);
                    boolean conflict = conflicts.contains(fromAbove ? key(other, vertex) : key(vertex, other));
                    if (root[vertex] == vertex && !isTaken[other] && before < place && !conflict) {
                        isTaken[other] = true;
                        root[vertex] = root[other];
                        before = place;
                    }
                }
            }
        }
        return root;
    }

    /**
     * Places the blocks: each as far to the left as those before it allow, and then to the right as those after it do.
     */
    private double[] compacted(int[] root, boolean mirrored) {
        int size = layers.size();
        int[][] rows = order.rows();
        Compaction blocks = new Compaction(size);
        for (int[] row : rows) {
            for (int i = 1; i < row.length; i++) {
                int left = row[mirrored ? row.length - i : i - 1];
                int right = row[mirrored ? row.length - 1 - i : i];
                blocks.keepApart(root[left], root[right], (widths[left] + widths[right]) / 2 + gap);
            }
        }
        double[] x = blocks.places(root);
        double[] all = new double[size];
        for (int vertex = 0; vertex < size; vertex++) {
            all[vertex] = mirrored ? -x[root[vertex]] : x[root[vertex]];
        }
        return all;
    }

    private void alignToNarrowest(double[][] placements) {
        double[] lows = new double[4];
        double[] highs = new double[4];
        int narrowest = 0;
        for (int i = 0; i < 4; i++) {
            lows[i] = Double.MAX_VALUE;
            highs[i] = -Double.MAX_VALUE;
            for (int vertex = 0; vertex < widths.length; vertex++) {
                lows[i] = Math.min(lows[i], placements[i][vertex] - widths[vertex] / 2);
                highs[i] = Math.max(highs[i], placements[i][vertex] + widths[vertex] / 2);
            }
            if (highs[i] - lows[i] < highs[narrowest] - lows[narrowest]) {
                narrowest = i;
            }
        }
        for (int i = 0; i < 4; i++) {
            double shift = i % 2 == 0 ? lows[narrowest] - lows[i] : highs[narrowest] - highs[i];
            for (int vertex = 0; vertex < widths.length; vertex++) {
                placements[i][vertex] += shift;
            }
        }
    }
}
