package io.github.nettybpf.tools.graph;

import static io.github.nettybpf.tools.graph.PictureLayout.number;

import io.github.nettybpf.tools.graph.FlowGraph.Box;
import io.github.nettybpf.tools.graph.FlowGraph.Branch;
import io.github.nettybpf.tools.graph.FlowGraph.Edge;
import io.github.nettybpf.tools.graph.FlowGraph.Row;
import io.github.nettybpf.tools.graph.PictureLayout.Label;
import io.github.nettybpf.tools.graph.PictureLayout.Piece;
import io.github.nettybpf.tools.graph.PictureLayout.Place;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Draws graphs. Source: W3C, "Scalable Vector Graphics (SVG) 1.1". */
final class Svg {
    private static final String STYLE = """
            <style>
            svg { background: #ffffff }
            .paper { fill: #ffffff }
            text { font-family: ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; font-size: 13px; fill: #0f172a }
            .heading { font-weight: bold }
            .pc, .gap { fill: #64748b }
            .note { fill: #475569; font-weight: bold }
            .box { fill: #f8fafc; stroke: #64748b; stroke-width: 1.2 }
            .first { stroke-width: 2.6 }
            .keep { fill: #dcfce7; stroke: #15803d }
            .drop { fill: #fee2e2; stroke: #b91c1c }
            .returns { fill: #f3e8ff; stroke: #7e22ce }
            .dead { stroke-dasharray: 5 4 }
            .quiet { opacity: 0.6 }
            .edge { fill: none; stroke-linecap: round }
            .true { stroke: #1d4ed8 }
            .false { stroke: #c2410c }
            .next { stroke: #475569 }
            .idle { stroke: #94a3b8; stroke-dasharray: 4 5 }
            .tip { stroke: none }
            .tip.true, text.true { fill: #1d4ed8; stroke: none }
            .tip.false, text.false { fill: #c2410c; stroke: none }
            .tip.next, text.next { fill: #475569; stroke: none }
            .tip.idle, text.idle { fill: #64748b; stroke: none }
            .label { font-family: "Helvetica Neue", Arial, "DejaVu Sans", sans-serif; font-size: 11px }
            @media (prefers-color-scheme: dark) {
            svg { background: #0f172a }
            .paper { fill: #0f172a }
            text { fill: #e2e8f0 }
            .pc, .gap { fill: #94a3b8 }
            .note { fill: #cbd5e1 }
            .box { fill: #1e293b; stroke: #94a3b8 }
            .keep { fill: #14532d; stroke: #4ade80 }
            .drop { fill: #7f1d1d; stroke: #f87171 }
            .returns { fill: #581c87; stroke: #c084fc }
            .true { stroke: #60a5fa }
            .false { stroke: #fb923c }
            .next { stroke: #cbd5e1 }
            .idle { stroke: #64748b }
            .tip.true, text.true { fill: #60a5fa }
            .tip.false, text.false { fill: #fb923c }
            .tip.next, text.next { fill: #cbd5e1 }
            .tip.idle, text.idle { fill: #94a3b8 }
            }
            </style>
            """;

    private final FlowGraph graph;
    private final PictureLayout layout;
    private final StringBuilder svg = new StringBuilder();

    private Svg(FlowGraph whole) {
        this.layout = new PictureLayout(whole);
        this.graph = layout.graph();
    }

    static String write(FlowGraph graph) {
        return new Svg(graph).written();
    }

    private String written() {
        String width = number(layout.width());
        String height = number(layout.height());
        svg.append("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"").append(width);
        svg.append("\" height=\"").append(height);
        svg.append("\" viewBox=\"0 0 ").append(width).append(' ').append(height).append("\" role=\"img\">\n");
        svg.append("<title>").append(escape(String.join(", ", graph.heading()))).append("</title>\n");
        svg.append(STYLE);
        svg.append("<rect class=\"paper\" width=\"")
                .append(width)
                .append("\" height=\"")
                .append(height)
                .append("\"/>\n");
        for (int i = 0; i < graph.heading().size(); i++) {
            double y = PictureLayout.MARGIN + PictureLayout.ROW * i + 8;
            text(
                    i == 0 ? "heading" : "gap",
                    PictureLayout.MARGIN,
                    y,
                    null,
                    graph.heading().get(i));
        }
        // Busy edges are drawn last, above the others.
        layout.pieces().stream()
                .sorted(Comparator.comparingLong(piece -> piece.segment().count()))
                .forEach(this::edge);
        for (int i = 0; i < graph.boxes().size(); i++) {
            box(i, graph.boxes().get(i), layout.place(i));
        }
        layout.labels().forEach(this::label);
        return svg.append("</svg>\n").toString();
    }

    private void edge(Piece piece) {
        long count = piece.segment().count();
        double stroke = graph.stroke(count);
        String style = style(piece.segment().branch(), count);
        svg.append("<path class=\"edge ").append(style);
        svg.append("\" stroke-width=\"").append(number(stroke)).append("\" d=\"M");
        point(piece.x(), piece.y());
        if (Math.abs(piece.x() - piece.toX()) < 0.5) {
            svg.append('V').append(number(piece.end()));
        } else {
            double reach = (piece.toY() - piece.bend()) / 2;
            svg.append('V').append(number(piece.bend())).append('C');
            point(piece.x(), piece.bend() + reach);
            svg.append(' ');
            point(piece.toX(), piece.toY() - reach);
            svg.append(' ');
            point(piece.toX(), piece.toY());
            if (piece.end() > piece.toY()) {
                svg.append('V').append(number(piece.end()));
            }
        }
        svg.append("\"/>\n");
        if (piece.arrow()) {
            tip(style, piece.toX(), piece.end(), 3.2 + stroke * 0.7);
        }
    }

    private void tip(String style, double x, double y, double half) {
        svg.append("<path class=\"tip ").append(style).append("\" d=\"M");
        point(x - half, y - 1);
        svg.append('L');
        point(x + half, y - 1);
        svg.append('L');
        point(x, y + PictureLayout.ARROW - 0.5);
        svg.append("Z\"/>\n");
    }

    private void point(double x, double y) {
        svg.append(number(x)).append(' ').append(number(y));
    }

    private String style(Branch branch, long count) {
        return graph.isIdle(count) ? "idle" : branch.name().toLowerCase(Locale.ROOT);
    }

    private void box(int index, Box box, Place place) {
        svg.append(graph.isIdle(box.count()) ? "<g class=\"quiet\">\n" : "<g>\n")
                .append("<rect class=\"box");
        switch (box.kind()) {
            case KEEP -> svg.append(" keep");
            case DROP -> svg.append(" drop");
            case RETURN_A -> svg.append(" returns");
            case CODE -> {}
        }
        svg.append(index == 0 ? " first" : "").append(box.dead() ? " dead" : "");
        svg.append("\" x=\"").append(number(place.x())).append("\" y=\"").append(number(place.y()));
        svg.append("\" width=\"")
                .append(number(place.width()))
                .append("\" height=\"")
                .append(number(place.height()));
        svg.append("\" rx=\"6\"/>\n");
        double left = place.x() + PictureLayout.PADDING;
        double code = left + (PictureLayout.numberWidth(box) + 2) * PictureLayout.CHARACTER;
        for (int i = 0; i < box.rows().size(); i++) {
            Row row = box.rows().get(i);
            double y = place.y() + PictureLayout.PADDING + PictureLayout.ROW * i + 11;
            if (row.pc() >= 0) {
                text("pc", left, y, null, RowText.number(row));
            }
            text(row.pc() >= 0 ? "" : "gap", code, y, null, row.text());
            if (!row.note().isEmpty()) {
                text("note", place.x() + place.width() - PictureLayout.PADDING, y, "end", row.note());
            }
        }
        svg.append("</g>\n");
    }

    private void label(Label label) {
        Edge edge = label.edge();
        List<String> lines = label.lines();
        for (int i = 0; i < lines.size(); i++) {
            double x = label.toLeft() ? label.x() - 6 : label.x() + 6;
            double y = label.y() + PictureLayout.LABEL_ROW * (i + 1);
            text("label " + style(edge.branch(), edge.count()), x, y, label.toLeft() ? "end" : null, lines.get(i));
        }
    }

    private void text(String style, double x, double y, @Nullable String anchor, String text) {
        svg.append("<text");
        if (!style.isEmpty()) {
            svg.append(" class=\"").append(style).append('"');
        }
        svg.append(" x=\"")
                .append(number(x))
                .append("\" y=\"")
                .append(number(y))
                .append('"');
        if (anchor != null) {
            svg.append(" text-anchor=\"").append(anchor).append('"');
        }
        // XML would collapse runs of blanks.
        svg.append('>').append(escape(text).replace("  ", "\u00a0 ")).append("</text>\n");
    }

    /** Replaces characters that are not allowed in XML by question marks. */
    private static String escape(String text) {
        StringBuilder escaped = new StringBuilder();
        text.codePoints().forEach(c -> {
            switch (c) {
                case '&' -> escaped.append("&amp;");
                case '<' -> escaped.append("&lt;");
                case '>' -> escaped.append("&gt;");
                case '"' -> escaped.append("&quot;");
                default -> escaped.appendCodePoint(isCharacter(c) ? c : '?');
            }
        });
        return escaped.toString();
    }

    private static boolean isCharacter(int c) {
        boolean isText = c == '\t' || c == '\n' || c >= 0x20;
        boolean isSurrogate = c >= 0xd800 && c <= 0xdfff;
        return isText && !isSurrogate && c != 0xfffe && c != 0xffff;
    }
}
