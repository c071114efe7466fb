package io.github.nettybpf.tools.graph;

import io.github.nettybpf.tools.graph.FlowGraph.Box;
import io.github.nettybpf.tools.graph.FlowGraph.Edge;
import io.github.nettybpf.tools.graph.FlowGraph.Way;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A graph whose vertices are in layers, with segments only from a layer to the next. The first vertices are the boxes; the
 * others are where an edge passes a layer. Edges of one kind that lead to the same box share these, so that a hundred
 * tests with one outcome are one line and not a hundred.
 */
final class LayeredGraph {
    /** A piece of edges, between vertices of neighbouring layers. */
    record Segment(int from, int to, Way way, long count) {}

    private record Trunk(int to, Way way) {}

    private final FlowGraph graph;
    private final List<Integer> layers = new ArrayList<>();
    private final List<Segment> segments = new ArrayList<>();
    private final int[] first;
    private final int[] placed;

    LayeredGraph(FlowGraph graph) {
        this.graph = graph;
        first = new int[graph.edges().size()];
        placeBoxes();
        placeEdges();
        placed = layers.stream().mapToInt(Integer::intValue).toArray();
    }

    private void placeBoxes() {
        List<Box> boxes = graph.boxes();
        int[] layer = new int[boxes.size()];
        int[] arrivals = new int[boxes.size()];
        List<List<Integer>> followers = new ArrayList<>();
        boxes.forEach(box -> followers.add(new ArrayList<>()));
        for (Edge edge : graph.edges()) {
            followers.get(edge.from()).add(edge.to());
            arrivals[edge.to()]++;
        }
        for (int box = 0; box < layer.length; box++) {
            // Nothing leads to dead code: it stands behind what is before it in the program.
            if (box > 0 && arrivals[box] == 0) {
                layer[box] = layer[box - 1] + 1;
            }
            for (int follower : followers.get(box)) {
                layer[follower] = Math.max(layer[follower], layer[box] + 1);
            }
        }
        for (int box : layer) {
            layers.add(box);
        }
    }

    private void placeEdges() {
        Map<Trunk, int[]> trunks = new HashMap<>();
        Map<Trunk, Integer> tops = new HashMap<>();
        for (Edge edge : graph.edges()) {
            if (layers.get(edge.to()) - layers.get(edge.from()) > 1) {
                tops.merge(new Trunk(edge.to(), edge.way()), layers.get(edge.from()) + 1, Math::min);
            }
        }
        Map<Trunk, long[]> counts = new HashMap<>();
        for (int i = 0; i < first.length; i++) {
            Edge edge = graph.edges().get(i);
            int below = layers.get(edge.from()) + 1;
            if (layers.get(edge.to()) == below) {
                first[i] = edge.to();
            } else {
                Trunk trunk = new Trunk(edge.to(), edge.way());
                int top = tops.get(trunk);
                int[] vertices = trunks.computeIfAbsent(trunk, it -> trunk(it, top));
                first[i] = vertices[below - top];
                counts.computeIfAbsent(trunk, it -> new long[vertices.length])[below - top] += edge.count();
            }
            segments.add(new Segment(edge.from(), first[i], edge.way(), edge.count()));
        }
        trunks.forEach((trunk, vertices) -> {
            long count = 0;
            for (int i = 0; i < vertices.length; i++) {
                count += counts.get(trunk)[i];
                int next = i + 1 < vertices.length ? vertices[i + 1] : trunk.to();
                segments.add(new Segment(vertices[i], next, trunk.way(), count));
            }
        });
    }

    private int[] trunk(Trunk trunk, int top) {
        int[] vertices = new int[layers.get(trunk.to()) - top];
        for (int i = 0; i < vertices.length; i++) {
            vertices[i] = layers.size();
            layers.add(top + i);
        }
        return vertices;
    }

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
        return Arrays.stream(placed).max().orElse(0) + 1;
    }

    /** {@return where an edge of the graph leads first}: to a vertex of the layer below. */
    int first(int edge) {
        return first[edge];
    }

    List<Segment> segments() {
        return segments;
    }
}
