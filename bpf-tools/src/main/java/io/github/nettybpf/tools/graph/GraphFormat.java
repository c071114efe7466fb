package io.github.nettybpf.tools.graph;

/** The formats that a graph can be written in. */
public enum GraphFormat {
    /** A picture for browsers and documents, with a dark mode. */
    SVG {
        @Override
        public String write(FlowGraph graph) {
            return Svg.write(graph);
        }
    },

    /** The DOT language of Graphviz. */
    DOT {
        @Override
        public String write(FlowGraph graph) {
            return Dot.write(graph);
        }
    },

    /** A Mermaid flowchart, for Markdown. */
    MERMAID {
        @Override
        public String write(FlowGraph graph) {
            return Mermaid.write(graph);
        }
    };

    /** {@return the graph in this format, ending with a line feed} */
    public abstract String write(FlowGraph graph);
}
