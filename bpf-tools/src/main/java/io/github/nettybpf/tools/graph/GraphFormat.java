package io.github.nettybpf.tools.graph;

/** What a graph can be written as. */
public enum GraphFormat {
    /** A picture for browsers and documents, light or dark as the reader has it. */
    SVG {
        @Override
        public String write(FlowGraph graph) {
            return Svg.write(graph);
        }
    },

    /** The language of Graphviz. */
    DOT {
        @Override
        public String write(FlowGraph graph) {
            return Dot.write(graph);
        }
    },

    /** A flowchart for Markdown that knows Mermaid. */
    MERMAID {
        @Override
        public String write(FlowGraph graph) {
            return Mermaid.write(graph);
        }
    };

    /** {@return the graph in this form, ending with a line feed} */
    public abstract String write(FlowGraph graph);
}
