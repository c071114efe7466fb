package io.github.nettybpf.tools.graph;

import io.github.nettybpf.tools.graph.FlowGraph.Box;
import io.github.nettybpf.tools.graph.FlowGraph.Edge;
import io.github.nettybpf.tools.graph.FlowGraph.Row;
import java.util.List;
import java.util.Locale;

/** Writes graphs in the DOT language of Graphviz. Source: graphviz.org, "The DOT Language". */
final class Dot {
    private Dot() {}

    static String write(FlowGraph graph) {
        StringBuilder dot = new StringBuilder("digraph bpf {\n");
        dot.append("  graph [fontname=\"sans-serif\", fontsize=13, labelloc=t, ranksep=0.45, nodesep=0.4");
        if (!graph.heading().isEmpty()) {
            dot.append(", label=\"")
                    .append(String.join("\\n", escaped(graph.heading())))
                    .append("\\n \"");
        }
        dot.append("]\n  node [shape=box, style=\"rounded,filled\", fontname=\"monospace\", fontsize=11,");
        dot.append(" color=\"#64748b\", fillcolor=\"#f8fafc\"]\n");
        dot.append("  edge [fontname=\"sans-serif\", fontsize=10, arrowsize=0.7]\n");
        for (int i = 0; i < graph.boxes().size(); i++) {
            box(dot, i, graph.boxes().get(i));
        }
        for (Edge edge : graph.edges()) {
            edge(dot, graph, edge);
        }
        return dot.append("}\n").toString();
    }

    private static List<String> escaped(List<String> lines) {
        return lines.stream().map(Dot::escape).toList();
    }

    /** In a quoted string, only quotes and backslashes are special. */
    private static String escape(String text) {
        return text.replace("\\", "\\\\").replace("\"", "\\\"");
    }

    private static void box(StringBuilder dot, int index, Box box) {
        dot.append("  n").append(index).append(" [label=\"");
        int width = RowText.width(box);
        for (Row row : box.rows()) {
            dot.append(escape(RowText.of(row, width))).append("\\l");
        }
        dot.append('"');
        switch (box.kind()) {
            case KEEP -> dot.append(", color=\"#15803d\", fillcolor=\"#dcfce7\"");
            case DROP -> dot.append(", color=\"#b91c1c\", fillcolor=\"#fee2e2\"");
            case RETURN_A -> dot.append(", color=\"#7e22ce\", fillcolor=\"#f3e8ff\"");
            case CODE -> {}
        }
        dot.append(index == 0 ? ", penwidth=2" : "");
        dot.append(box.dead() ? ", style=\"rounded,filled,dashed\", fontcolor=\"#64748b\"" : "");
        dot.append("]\n");
    }

    private static void edge(StringBuilder dot, FlowGraph graph, Edge edge) {
        String count = graph.hasTraffic() ? graph.share(edge.count()) : "";
        String label = edge.label() + (edge.label().isEmpty() || count.isEmpty() ? "" : " \\n ") + count;
        String colour = colour(graph, edge);
        dot.append("  n").append(edge.from()).append(" -> n").append(edge.to()).append(" [");
        if (!label.isEmpty()) {
            dot.append("label=\" ")
                    .append(label)
                    .append(" \", fontcolor=\"")
                    .append(colour)
                    .append("\", ");
        }
        dot.append("color=\"").append(colour).append('"');
        dot.append(String.format(Locale.ROOT, ", penwidth=%.1f", graph.stroke(edge.count())));
        dot.append(graph.isIdle(edge.count()) ? ", style=dashed]\n" : "]\n");
    }

    /** {@return the colour of an edge, in formats without a dark mode} */
    static String colour(FlowGraph graph, Edge edge) {
        if (graph.isIdle(edge.count())) {
            return "#94a3b8";
        }
        return switch (edge.branch()) {
            case TRUE -> "#1d4ed8";
            case FALSE -> "#c2410c";
            case NEXT -> "#475569";
        };
    }
}
