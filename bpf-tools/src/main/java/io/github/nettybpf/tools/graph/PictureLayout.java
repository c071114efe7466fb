package io.github.nettybpf.tools.graph;

import io.github.nettybpf.tools.graph.FlowGraph.Box;
import io.github.nettybpf.tools.graph.FlowGraph.Branch;
import io.github.nettybpf.tools.graph.FlowGraph.Edge;
import io.github.nettybpf.tools.graph.FlowGraph.Row;
import io.github.nettybpf.tools.graph.LayeredGraph.Segment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/** The places of the boxes, edges and labels of a picture, in pixels from the upper left corner. */
final class PictureLayout {
    /** The width of a character in a row: 0.6 of the font size, as in most monospaced fonts. */
    static final double CHARACTER = 7.8;

    static final double LABEL_CHARACTER = 6.1;
    static final double ROW = 18;
    static final double LABEL_ROW = 13;
    static final double PADDING = 9;
    static final double MARGIN = 24;

    /** The distance from the end of an edge to its box, which the tip of the arrow fills. */
    static final double ARROW = 8;

    private static final double COLUMN_GAP = 22;
    private static final double LAYER_GAP = 34;
    private static final double TRUNK_WIDTH = 6;
    private static final double PORT_DISTANCE = 12;
    private static final double LONGEST_BEND = 80;

    /** A box; x and y are its upper left corner. */
    record Place(double x, double y, double width, double height) {}

    /**
     * A piece of an edge: straight down to {@code bend}, in a curve to another point, and straight down to {@code end}.
     */
    record Piece(Segment segment, double x, double y, double bend, double toX, double toY, double end, boolean arrow) {}

    /** The lines of a label, to the left or the right of a point. */
    record Label(Edge edge, List<String> lines, double x, double y, boolean toLeft) {}

    private final FlowGraph graph;
    private final LayeredGraph layers;
    private final double[] middles;
    private final double[] tops;
    private final double[] bottoms;
    private final Place[] places;
    private final List<Piece> pieces = new ArrayList<>();
    private final List<Label> labels = new ArrayList<>();
    private final double headingHeight;

    PictureLayout(FlowGraph whole) {
        layers = new LayeredGraph(whole);
        graph = layers.graph();
        headingHeight = graph.heading().isEmpty() ? 0 : graph.heading().size() * ROW + 10;
        CrossingReduction order = new CrossingReduction(layers);
        double[] widths = new double[layers.size()];
        Arrays.fill(widths, TRUNK_WIDTH);
        double[] labelWidths = labelWidths();
        for (int i = 0; i < graph.boxes().size(); i++) {
            widths[i] = Math.max(width(graph.boxes().get(i)), labelWidths[i]);
        }
        middles = CoordinateAssignment.place(layers, order, widths, COLUMN_GAP);
        for (int i = 0; i < middles.length; i++) {
            middles[i] += MARGIN;
        }
        tops = new double[layers.depth()];
        bottoms = new double[layers.depth()];
        stack();
        places = new Place[graph.boxes().size()];
        for (int i = 0; i < places.length; i++) {
            double width = width(graph.boxes().get(i));
            places[i] = new Place(
                    middles[i] - width / 2,
                    tops[layers.layer(i)],
                    width,
                    height(graph.boxes().get(i)));
        }
        connect();
    }

    static double width(Box box) {
        int code = 0;
        int note = 0;
        for (Row row : box.rows()) {
            code = Math.max(code, row.text().length());
            note = Math.max(note, row.note().isEmpty() ? 0 : row.note().length() + 2);
        }
        return 2 * PADDING + (numberWidth(box) + 2 + code + note) * CHARACTER;
    }

    /** {@return how many digits the instruction numbers in a box have} */
    static int numberWidth(Box box) {
        return box.rows().stream()
                .mapToInt(row -> RowText.number(row).length())
                .max()
                .orElse(3);
    }

    private static double height(Box box) {
        return box.rows().size() * ROW + 2 * PADDING - 4;
    }

    private List<String> lines(Edge edge) {
        List<String> lines = new ArrayList<>();
        if (!edge.label().isEmpty()) {
            lines.add(edge.label());
        }
        if (graph.hasTraffic()) {
            lines.add(graph.share(edge.count()));
        }
        return lines;
    }

    private static double labelWidth(List<String> lines) {
        return LABEL_CHARACTER * lines.stream().mapToInt(String::length).max().orElse(0) + 6;
    }

    /** The widths that boxes need for the labels of their edges, which are side by side below them. */
    private double[] labelWidths() {
        double[] widths = new double[graph.boxes().size()];
        double[] widest = new double[widths.length];
        for (Edge edge : graph.edges()) {
            widest[edge.from()] = Math.max(widest[edge.from()], labelWidth(lines(edge)));
        }
        for (int i = 0; i < widths.length; i++) {
            widths[i] = 2 * widest[i] + 16;
        }
        return widths;
    }

    /** Stacks the layers, with larger gaps where edges go far across, so that they stay steep enough to follow. */
    private void stack() {
        double[] heights = new double[tops.length];
        double[] far = new double[tops.length];
        for (int i = 0; i < graph.boxes().size(); i++) {
            int layer = layers.layer(i);
            heights[layer] = Math.max(heights[layer], height(graph.boxes().get(i)));
        }
        for (Edge edge : graph.edges()) {
            int layer = layers.layer(edge.from());
            double bottom = height(graph.boxes().get(edge.from())) + lines(edge).size() * LABEL_ROW + 4;
            heights[layer] = Math.max(heights[layer], bottom);
        }
        for (Segment segment : layers.segments()) {
            int layer = layers.layer(segment.from());
            far[layer] = Math.max(far[layer], Math.abs(middles[segment.from()] - middles[segment.to()]));
        }
        double y = MARGIN + headingHeight;
        for (int i = 0; i < tops.length; i++) {
            tops[i] = y;
            bottoms[i] = y + heights[i];
            y = bottoms[i] + LAYER_GAP + Math.min(50, far[i] / 10);
        }
    }

    private void connect() {
        double[] out = new double[layers.segments().size()];
        double[] in = new double[out.length];
        List<List<Integer>> incoming = new ArrayList<>();
        for (int i = 0; i < places.length; i++) {
            incoming.add(new ArrayList<>());
        }
        ports(out);
        for (int i = 0; i < out.length; i++) {
            Segment segment = layers.segments().get(i);
            in[i] = middles[segment.to()];
            if (layers.isBox(segment.to())) {
                incoming.get(segment.to()).add(i);
            }
        }
        for (int box = 0; box < places.length; box++) {
            placeEnds(places[box], incoming.get(box), out, in);
        }
        for (int i = 0; i < out.length; i++) {
            Segment segment = layers.segments().get(i);
            boolean arrow = layers.isBox(segment.to());
            int layer = layers.layer(segment.to());
            double from = layers.isBox(segment.from())
                    ? places[segment.from()].y() + places[segment.from()].height()
                    : bottoms[layer - 1];
            double end = arrow ? tops[layer] - ARROW : bottoms[layer];
            double toY = arrow ? end : tops[layer];
            double bend = Math.max(bottoms[layer - 1], toY - LONGEST_BEND);
            pieces.add(new Piece(segment, out[i], from, bend, in[i], toY, end, arrow));
        }
    }

    /**
     * Places the starts of the edges. The first segments are those of the edges, and the two edges of a box are
     * neighbours.
     */
    private void ports(double[] out) {
        List<Edge> edges = graph.edges();
        for (int i = edges.size(); i < out.length; i++) {
            out[i] = middles[layers.segments().get(i).from()];
        }
        for (int i = 0; i < edges.size(); i++) {
            Place box = places[edges.get(i).from()];
            double wanted = middles[layers.first(i)];
            if (i > 0 && edges.get(i - 1).from() == edges.get(i).from()) {
                double other = middles[layers.first(i - 1)];
                boolean isRight =
                        other < wanted || (other == wanted && edges.get(i).branch() == Branch.FALSE);
                pair(edges, isRight ? i - 1 : i, isRight ? i : i - 1, box, out);
            } else if (i + 1 == edges.size()
                    || edges.get(i + 1).from() != edges.get(i).from()) {
                out[i] = Math.max(box.x() + 14, Math.min(box.x() + box.width() - 14, wanted));
                label(edges.get(i), out[i], box, out[i] < middles[edges.get(i).from()] - 1);
            }
        }
    }

    private void pair(List<Edge> edges, int left, int right, Place box, double[] out) {
        double middle = box.x() + box.width() / 2;
        double room = Math.max(box.width(), 2 * labelWidth(lines(edges.get(left))) + 16) / 2;
        double leftEdge = Math.max(box.x() + 14, middle - room + labelWidth(lines(edges.get(left))));
        double rightEdge = Math.min(
                box.x() + box.width() - 14,
                middle
                        + Math.max(box.width() / 2, labelWidth(lines(edges.get(right))) + 8)
                        - labelWidth(lines(edges.get(right))));
        out[left] = Math.max(Math.min(leftEdge, middle - 8), Math.min(middle - 8, middles[layers.first(left)]));
        out[right] = Math.min(Math.max(rightEdge, middle + 8), Math.max(middle + 8, middles[layers.first(right)]));
        label(edges.get(left), out[left], box, true);
        label(edges.get(right), out[right], box, false);
    }

    private void label(Edge edge, double x, Place box, boolean toLeft) {
        List<String> lines = lines(edge);
        if (!lines.isEmpty()) {
            labels.add(new Label(edge, lines, x, box.y() + box.height(), toLeft));
        }
    }

    /** Places the ends of the edges side by side on a box, each as near to its start as the others allow. */
    private void placeEnds(Place box, List<Integer> incoming, double[] out, double[] in) {
        if (incoming.isEmpty()) {
            return;
        }
        incoming.sort(Comparator.comparingDouble((Integer i) -> out[i]));
        double distance = Math.min(PORT_DISTANCE, (box.width() - 28) / Math.max(1, incoming.size() - 1));
        double left = box.x() + 14;
        double right = box.x() + box.width() - 14;
        for (int n = 0; n < incoming.size(); n++) {
            double wanted = Math.min(out[incoming.get(n)], right - (incoming.size() - 1 - n) * distance);
            double least = n == 0 ? left : in[incoming.get(n - 1)] + distance;
            in[incoming.get(n)] = Math.max(least, wanted);
        }
    }

    /** {@return the graph as it is drawn} */
    FlowGraph graph() {
        return graph;
    }

    List<Piece> pieces() {
        return pieces;
    }

    List<Label> labels() {
        return labels;
    }

    Place place(int box) {
        return places[box];
    }

    double width() {
        double right = 0;
        for (String line : graph.heading()) {
            right = Math.max(right, MARGIN + line.length() * CHARACTER);
        }
        for (int i = 0; i < places.length; i++) {
            right = Math.max(right, places[i].x() + places[i].width());
        }
        for (Label label : labels) {
            right = Math.max(right, label.x() + (label.toLeft() ? 0 : labelWidth(label.lines())));
        }
        for (double middle : middles) {
            right = Math.max(right, middle);
        }
        return right + MARGIN;
    }

    double height() {
        return bottoms[bottoms.length - 1] + MARGIN;
    }

    /** {@return a length as text, to a tenth of a pixel} */
    static String number(double length) {
        // String.format would take half of the time in which a picture is written.
        long tenths = Math.round(Math.abs(length) * 10);
        String whole = (length < 0 && tenths > 0 ? "-" : "") + tenths / 10;
        return tenths % 10 == 0 ? whole : whole + "." + tenths % 10;
    }
}
