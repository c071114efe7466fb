package io.github.nettybpf.tools.graph;

import io.github.nettybpf.tools.graph.LayeredGraph.Segment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * Crossing reduction: orders the vertices of each layer so that few segments cross. Sweeps down and up sort each layer
 * by the barycentres of the neighbours, and the best order of all sweeps is kept. Source: Sugiyama, Tagawa, Toda,
 * "Methods for Visual Understanding of Hierarchical System Structures" (1981).
 */
final class CrossingReduction {
    private static final int SWEEPS = 24;

    /** Graphs with more segments get fewer sweeps. */
    private static final int MANY = 20_000;

    private final LayeredGraph layers;
    private final int[][] above;
    private final int[][] below;
    private final int[] place;
    private int[][] rows;

    CrossingReduction(LayeredGraph layers) {
        this.layers = layers;
        above = neighbours(false);
        below = neighbours(true);
        place = new int[layers.size()];
        rows = firstRows();
        setPlaces(rows);
        sweep();
        for (int vertex = 0; vertex < place.length; vertex++) {
            sort(above[vertex]);
            sort(below[vertex]);
        }
    }

    private int[][] neighbours(boolean down) {
        List<List<Integer>> lists = new ArrayList<>();
        for (int vertex = 0; vertex < layers.size(); vertex++) {
            lists.add(new ArrayList<>());
        }
        for (Segment segment : layers.segments()) {
            lists.get(down ? segment.from() : segment.to()).add(down ? segment.to() : segment.from());
        }
        return lists.stream()
                .map(list -> list.stream().mapToInt(Integer::intValue).toArray())
                .toArray(int[][]::new);
    }

    /** The order of a depth-first search that follows the edge of a test that holds first. */
    private int[][] firstRows() {
        List<List<Integer>> lists = new ArrayList<>();
        for (int i = 0; i < layers.depth(); i++) {
            lists.add(new ArrayList<>());
        }
        boolean[] found = new boolean[layers.size()];
        for (int root = 0; root < found.length; root++) {
            List<Integer> stack = new ArrayList<>(List.of(root));
            while (!stack.isEmpty()) {
                int vertex = stack.remove(stack.size() - 1);
                if (!found[vertex]) {
                    found[vertex] = true;
                    lists.get(layers.layer(vertex)).add(vertex);
                    for (int i = below[vertex].length - 1; i >= 0; i--) {
                        stack.add(below[vertex][i]);
                    }
                }
            }
        }
        return lists.stream()
                .map(list -> list.stream().mapToInt(Integer::intValue).toArray())
                .toArray(int[][]::new);
    }

    private void setPlaces(int[][] of) {
        for (int[] row : of) {
            for (int i = 0; i < row.length; i++) {
                place[row[i]] = i;
            }
        }
    }

    private void sweep() {
        int sweeps = layers.segments().size() > MANY ? 4 : SWEEPS;
        int[][] best = copy(rows);
        long fewest = crossings();
        for (int i = 0; i < sweeps && fewest > 0; i++) {
            boolean down = i % 2 == 0;
            for (int n = 0; n < rows.length; n++) {
                arrange(rows[down ? n : rows.length - 1 - n], down ? above : below);
            }
            long crossings = crossings();
            if (crossings < fewest) {
                fewest = crossings;
                best = copy(rows);
            }
        }
        rows = best;
        setPlaces(rows);
    }

    private static int[][] copy(int[][] rows) {
        return Arrays.stream(rows).map(int[]::clone).toArray(int[][]::new);
    }

    private void arrange(int[] row, int[][] neighbours) {
        double[] wanted = new double[row.length];
        Integer[] indices = new Integer[row.length];
        for (int i = 0; i < row.length; i++) {
            indices[i] = i;
            int[] others = neighbours[row[i]];
            double sum = 0;
            for (int other : others) {
                sum += place[other];
            }
            wanted[i] = others.length == 0 ? i : sum / others.length;
        }
        Arrays.sort(indices, Comparator.comparingDouble(i -> wanted[i]));
        int[] arranged = new int[row.length];
        for (int i = 0; i < row.length; i++) {
            arranged[i] = row[indices[i]];
        }
        System.arraycopy(arranged, 0, row, 0, row.length);
        for (int i = 0; i < row.length; i++) {
            place[row[i]] = i;
        }
    }

    private long crossings() {
        long crossings = 0;
        for (int n = 0; n + 1 < rows.length; n++) {
            int[] counts = new int[rows[n + 1].length + 1];
            for (int vertex : rows[n]) {
                int[] ends = below[vertex];
                for (int end : ends) {
                    crossings += later(counts, place[end]);
                }
                for (int end : ends) {
                    for (int at = place[end] + 1; at < counts.length; at += at & -at) {
                        counts[at]++;
                    }
                }
            }
        }
        return crossings;
    }

    /** {@return how many of those counted are after a place, where the counts are a Fenwick tree} */
    private static long later(int[] counts, int place) {
        long all = 0;
        for (int at = counts.length - 1; at > 0; at -= at & -at) {
            all += counts[at];
        }
        for (int at = place + 1; at > 0; at -= at & -at) {
            all -= counts[at];
        }
        return all;
    }

    int[][] rows() {
        return rows;
    }

    int place(int vertex) {
        return place[vertex];
    }

    /** {@return the vertices of the layer above with a segment to this one, from left to right} */
    int[] above(int vertex) {
        return above[vertex];
    }

    /** {@return the vertices of the layer below with a segment from this one, from left to right} */
    int[] below(int vertex) {
        return below[vertex];
    }

    /** By insertion, because the lists are short and nearly sorted. */
    private void sort(int[] vertices) {
        for (int i = 1; i < vertices.length; i++) {
            int vertex = vertices[i];
            int at = i;
            for (; at > 0 && place[vertices[at - 1]] > place[vertex]; at--) {
                vertices[at] = vertices[at - 1];
            }
            vertices[at] = vertex;
        }
    }
}
