package io.github.nettybpf.tools.graph;

import io.github.nettybpf.tools.graph.FlowGraph.Box;
import io.github.nettybpf.tools.graph.FlowGraph.Branch;
import io.github.nettybpf.tools.graph.FlowGraph.Edge;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * A graph whose vertices are in layers, with segments only from one layer to the next (a proper layering). The first
 * vertices are the boxes; the others are dummy vertices, where an edge passes a layer. Edges of one kind to the same
 * box share their dummy vertices, so a hundred tests with one target are drawn as one line.
 */
final class LayeredGraph {
    /** A piece of one or more edges, between vertices of neighbouring layers. */
    record Segment(int from, int to, Branch branch, long count) {}

    /** The edges that share dummy vertices. */
    private record Trunk(int to, Branch branch) {}

    /** The dummy vertices of a trunk, from its top layer down, and the counts of the edges that join it at each. */
    private static final class Dummies {
        final int[] vertices;
        final long[] counts;

        Dummies(int[] vertices) {
            this.vertices = vertices;
            this.counts = new long[vertices.length];
        }
    }

    private final FlowGraph graph;
    private final List<Integer> layers = new ArrayList<>();
    private final List<Segment> segments = new ArrayList<>();
    private final int[] first;
    private final int[] placed;
    private final int depth;

    LayeredGraph(FlowGraph whole) {
        placeBoxes(whole);
        graph = LongEdges.cut(whole, layers);
        first = new int[graph.edges().size()];
        placeEdges();
        placed = layers.stream().mapToInt(Integer::intValue).toArray();
        depth = Arrays.stream(placed).max().orElse(0) + 1;
    }

    private void placeBoxes(FlowGraph whole) {
        List<Box> boxes = whole.boxes();
        int[] layer = new int[boxes.size()];
        int[] inDegree = new int[boxes.size()];
        List<List<Integer>> successors = new ArrayList<>();
        boxes.forEach(box -> successors.add(new ArrayList<>()));
        for (Edge edge : whole.edges()) {
            successors.get(edge.from()).add(edge.to());
            inDegree[edge.to()]++;
        }
        for (int box = 0; box < layer.length; box++) {
            // No edge leads to dead code, which is placed below the box before it in the program.
            if (box > 0 && inDegree[box] == 0) {
                layer[box] = layer[box - 1] + 1;
            }
            for (int successor : successors.get(box)) {
                layer[successor] = Math.max(layer[successor], layer[box] + 1);
            }
        }
        for (int box : layer) {
            layers.add(box);
        }
    }

    private void placeEdges() {
        // In the order of the edges: the same program has the same picture in every JVM.
        Map<Trunk, Dummies> trunks = new LinkedHashMap<>();
        Map<Trunk, Integer> tops = new HashMap<>();
        for (Edge edge : graph.edges()) {
            if (layers.get(edge.to()) - layers.get(edge.from()) > 1) {
                tops.merge(new Trunk(edge.to(), edge.branch()), layers.get(edge.from()) + 1, Math::min);
            }
        }
        for (int i = 0; i < first.length; i++) {
            Edge edge = graph.edges().get(i);
            int below = layers.get(edge.from()) + 1;
            if (layers.get(edge.to()) == below) {
                first[i] = edge.to();
            } else {
                Trunk trunk = new Trunk(edge.to(), edge.branch());
                int top = Objects.requireNonNull(tops.get(trunk));
                Dummies dummies = trunks.computeIfAbsent(trunk, it -> new Dummies(vertices(it, top)));
                first[i] = dummies.vertices[below - top];
                dummies.counts[below - top] += edge.count();
            }
            segments.add(new Segment(edge.from(), first[i], edge.branch(), edge.count()));
        }
        trunks.forEach((trunk, dummies) -> {
            int[] vertices = dummies.vertices;
            long count = 0;
            for (int i = 0; i < vertices.length; i++) {
                count += dummies.counts[i];
                int next = i + 1 < vertices.length ? vertices[i + 1] : trunk.to();
                segments.add(new Segment(vertices[i], next, trunk.branch(), count));
            }
        });
    }

    private int[] vertices(Trunk trunk, int top) {
        int[] vertices = new int[layers.get(trunk.to()) - top];
        for (int i = 0; i < vertices.length; i++) {
            vertices[i] = layers.size();
            layers.add(top + i);
        }
        return vertices;
    }

    /** {@return the graph, whose longest edges may be cut} */
    FlowGraph graph() {
        return graph;
    }

    int size() {
        return placed.length;
    }

    boolean isBox(int vertex) {
        return vertex < graph.boxes().size();
    }

    int layer(int vertex) {
        return placed[vertex];
    }

    int depth() {
        return depth;
    }

    /** {@return the vertex in the next layer that an edge of the graph leads to first} */
    int first(int edge) {
        return first[edge];
    }

    List<Segment> segments() {
        return segments;
    }
}
