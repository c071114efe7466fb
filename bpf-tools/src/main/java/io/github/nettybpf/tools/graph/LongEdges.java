package io.github.nettybpf.tools.graph;

import io.github.nettybpf.tools.graph.FlowGraph.Box;
import io.github.nettybpf.tools.graph.FlowGraph.Branch;
import io.github.nettybpf.tools.graph.FlowGraph.Edge;
import io.github.nettybpf.tools.graph.FlowGraph.Kind;
import io.github.nettybpf.tools.graph.FlowGraph.Row;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Cuts the longest edges of a large graph: instead of a line through hundreds of layers, such an edge leads to a
 * reference, which names the instruction where it continues. A picture of all lines would take a gigabyte, and nobody
 * could follow them.
 */
final class LongEdges {
    /** How many layers all edges together may pass. */
    private static final int MOST_PASSED = 40_000;

    /** The edges of one kind to the same box, which are drawn as one line. */
    private record Trunk(int to, Branch branch) {}

    private final FlowGraph graph;
    private final List<Integer> layers;

    private LongEdges(FlowGraph graph, List<Integer> layers) {
        this.graph = graph;
        this.layers = layers;
    }

    /**
     * {@return the graph with references in place of the longest edges, or the graph itself if it is not large}
     *
     * @param layers the layer of each box, to which those of the references are added
     */
    static FlowGraph cut(FlowGraph graph, List<Integer> layers) {
        LongEdges edges = new LongEdges(graph, layers);
        Set<Trunk> longest = edges.longest();
        return longest.isEmpty() ? graph : edges.without(longest);
    }

    /** {@return the trunks to cut, so that the others pass as few layers as they may} */
    private Set<Trunk> longest() {
        Map<Trunk, Integer> passed = new LinkedHashMap<>();
        for (Edge edge : graph.edges()) {
            int layersBetween = layers.get(edge.to()) - layers.get(edge.from()) - 1;
            if (layersBetween > 0) {
                passed.merge(new Trunk(edge.to(), edge.branch()), layersBetween, Math::max);
            }
        }
        List<Map.Entry<Trunk, Integer>> byLength = new ArrayList<>(passed.entrySet());
        byLength.sort(Map.Entry.comparingByValue());
        long all = 0;
        Set<Trunk> longest = new HashSet<>();
        for (Map.Entry<Trunk, Integer> trunk : byLength) {
            all += trunk.getValue();
            if (all > MOST_PASSED) {
                longest.add(trunk.getKey());
            }
        }
        return longest;
    }

    private FlowGraph without(Set<Trunk> longest) {
        List<Box> boxes = new ArrayList<>(graph.boxes());
        List<Edge> edges = new ArrayList<>();
        for (Edge edge : graph.edges()) {
            int layersBetween = layers.get(edge.to()) - layers.get(edge.from()) - 1;
            if (layersBetween > 0 && longest.contains(new Trunk(edge.to(), edge.branch()))) {
                edges.add(new Edge(edge.from(), boxes.size(), edge.branch(), edge.label(), edge.count()));
                int pc = graph.boxes().get(edge.to()).rows().get(0).pc();
                String text = String.format("continues at %03d", pc);
                boxes.add(new Box(Kind.CODE, List.of(new Row(-1, text, "")), false, edge.count()));
                layers.add(layers.get(edge.from()) + 1);
            } else {
                edges.add(edge);
            }
        }
        List<String> heading = new ArrayList<>(graph.heading());
        int cut = boxes.size() - graph.boxes().size();
        heading.add(String.format(
                Locale.ROOT,
                "%,d of %,d edges are too long to draw, and end at a box that names where they continue",
                cut,
                edges.size()));
        return new FlowGraph(heading, boxes, edges, graph.packets());
    }
}
