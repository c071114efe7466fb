package io.github.nettybpf.tools.graph;

import io.github.nettybpf.tools.graph.FlowGraph.Box;
import io.github.nettybpf.tools.graph.FlowGraph.Edge;
import io.github.nettybpf.tools.graph.FlowGraph.Kind;
import java.util.Locale;
import java.util.stream.Collectors;

/** Writes graphs as Mermaid flowcharts. Source: mermaid.js.org, "Flowcharts - Basic Syntax". */
final class Mermaid {
    private Mermaid() {}

    static String write(FlowGraph graph) {
        StringBuilder mermaid = new StringBuilder("flowchart TD\n");
        graph.heading()
                .forEach(line -> mermaid.append("  %% ").append(comment(line)).append('\n'));
        for (int i = 0; i < graph.boxes().size(); i++) {
            Box box = graph.boxes().get(i);
            int width = RowText.width(box);
            String text = box.rows().stream()
                    .map(row -> escape(RowText.of(row, width)))
                    .collect(Collectors.joining("<br/>"));
            mermaid.append("  n")
                    .append(i)
                    .append("[\"")
                    .append(text)
                    .append("\"]:::")
                    .append(style(box))
                    .append('\n');
        }
        for (Edge edge : graph.edges()) {
            String count = graph.hasTraffic() ? graph.share(edge.count()) : "";
            String label = edge.label() + (edge.label().isEmpty() || count.isEmpty() ? "" : "<br/>") + count;
            mermaid.append("  n").append(edge.from()).append(graph.isIdle(edge.count()) ? " -.->" : " -->");
            mermaid.append(label.isEmpty() ? "" : "|\"" + label + "\"|");
            mermaid.append(" n").append(edge.to()).append('\n');
        }
        for (int i = 0; i < graph.edges().size(); i++) {
            Edge edge = graph.edges().get(i);
            mermaid.append(String.format(
                    Locale.ROOT,
                    "  linkStyle %d stroke:%s,stroke-width:%.1fpx\n",
                    i,
                    Dot.colour(graph, edge),
                    graph.stroke(edge.count())));
        }
        mermaid.append("""
                  classDef code fill:#f8fafc,stroke:#64748b,color:#0f172a,font-family:monospace,text-align:left
                  classDef keep fill:#dcfce7,stroke:#15803d,color:#0f172a,font-family:monospace,text-align:left
                  classDef drop fill:#fee2e2,stroke:#b91c1c,color:#0f172a,font-family:monospace,text-align:left
                  classDef returns fill:#f3e8ff,stroke:#7e22ce,color:#0f172a,font-family:monospace,text-align:left
                  classDef dead fill:#f8fafc,stroke:#94a3b8,color:#64748b,font-family:monospace,stroke-dasharray:4
                """.indent(0));
        return mermaid.toString();
    }

    private static String style(Box box) {
        if (box.dead()) {
            return "dead";
        }
        return box.kind() == Kind.RETURN_A ? "returns" : box.kind().name().toLowerCase(Locale.ROOT);
    }

    /**
     * Writes other characters than letters and digits as character codes, which neither HTML nor Markdown interprets.
     */
    private static String escape(String text) {
        StringBuilder escaped = new StringBuilder();
        text.codePoints().forEach(c -> {
            if (Character.isLetterOrDigit(c) || c == ',' || c == '.') {
                escaped.appendCodePoint(c);
            } else if (c == ' ') {
                escaped.append("#160;");
            } else {
                escaped.append('#').append(c).append(';');
            }
        });
        return escaped.toString();
    }

    /** Replaces braces: Mermaid takes them for a directive, also in a comment. */
    private static String comment(String text) {
        return text.replace('{', '(').replace('}', ')');
    }
}
