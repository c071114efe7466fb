package io.github.nettybpf.tools.graph;

import io.github.nettybpf.core.Program;
import io.github.nettybpf.expression.LinkType;
import io.github.nettybpf.tools.AnyProgram;
import io.github.nettybpf.tools.ExtensionOption;
import io.github.nettybpf.tools.Printable;
import io.github.nettybpf.tools.ProgramArgument;
import io.github.nettybpf.tools.Refusal;
import io.github.nettybpf.tools.Session;
import io.github.nettybpf.tools.Source;
import io.github.nettybpf.tools.capture.CaptureException;
import io.github.nettybpf.tools.capture.CaptureReader;
import io.github.nettybpf.tools.capture.CapturedPacket;
import io.github.nettybpf.tools.capture.LinkTypes;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.TypeConversionException;

/** {@code bpf graph}: draws the control flow of a program. */
@Command(
        name = "graph",
        mixinStandardHelpOptions = true,
        header = "Draws the control flow of a program.",
        description = """

                Each box is a basic block: instructions that are executed one after the other. Edges \
                lead to the blocks that can follow, from a test one for true and one for false. \
                Returns that keep packets are green, those that drop them red, and 'ret a' is violet; \
                instructions that no packet can reach are in dashed boxes.

                With a CAPTURE, the program runs on its packets: the width and the label of an edge \
                show how many took it, and edges that none took are thin and dashed. 'N end here' \
                marks a load or division that ended the program for N packets.

                Four or more tests in a row that lead to the same block, or each to its own return, \
                share one box, which shows the first and the last; long boxes are shortened; a jump \
                to a jump becomes one edge.
                """,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:drawn",
            "1:not a program, or an unreadable or damaged capture (the packets before the damage are drawn)",
            "2:usage error"
        },
        footer = """

                Examples:
                  $ bpf graph 'tcp port 22' > ssh.svg
                  $ bpf graph filter.bpf lan.pcap > traffic.svg
                  $ bpf graph --format dot filter.bpf | dot -Tpng > filter.png

                See also: bpf explain, which traces one packet.""")
public final class DrawGraph implements Callable<Integer> {
    private static final int HEADING = 100;

    private final Session session;

    @Mixin
    private final ProgramArgument argument = new ProgramArgument();

    @Parameters(
            index = "1",
            arity = "0..1",
            paramLabel = "CAPTURE",
            description = "A capture in pcap or pcapng format, plain or compressed; - is standard input.")
    private @Nullable String capture;

    @Option(
            names = "--format",
            paramLabel = "FORMAT",
            converter = GraphFormatName.class,
            completionCandidates = GraphFormatName.class,
            defaultValue = "svg",
            description = {
                "svg: a picture for browsers and documents, with a dark mode (default)",
                "dot: for Graphviz",
                "mermaid: a flowchart for Markdown; viewers take at most 500 edges, unless they are configured for more"
            })
    private GraphFormat format = GraphFormat.SVG;

    @Option(names = "--no-fold", description = "Draw every test and jump in a box of its own, and every instruction.")
    private boolean unfolded;

    @Mixin
    private final ExtensionOption extensions = new ExtensionOption();

    private @Nullable Refusal damage;

    public DrawGraph(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() throws Refusal {
        String from = capture;
        if (from == null && extensions.areGiven()) {
            throw Refusal.ofUsage("--ext (expected: with a CAPTURE)");
        }
        if (argument.isStandardInput() && "-".equals(from)) {
            throw Refusal.ofUsage("PROGRAM and CAPTURE: both are standard input (expected: at most one)");
        }
        AnyProgram source = argument.read(session.in());
        if (from == null) {
            LinkType asked = argument.linkType();
            Program program = source.program(asked == null ? LinkType.EN10MB : asked);
            print(program, null, heading(source, size(program)));
            return 0;
        }
        drawTraffic(source, new Source(from));
        Refusal broken = damage;
        if (broken != null) {
            throw broken;
        }
        return 0;
    }

    private void drawTraffic(AnyProgram source, Source from) throws Refusal {
        Program program = null;
        Traffic traffic = null;
        LinkType asked = argument.linkType();
        try (CaptureReader reader = CaptureReader.open(from.open(session.in()))) {
            CapturedPacket packet = next(reader, from);
            // A capture without packets has no link type.
            LinkType first = asked != null || packet == null ? asked : linkType(source, packet, from);
            program = source.program(first == null ? LinkType.EN10MB : first);
            traffic = new Traffic(program);
            for (; packet != null; packet = next(reader, from)) {
                if (asked == null && source.isExpression() && linkType(source, packet, from) != first) {
                    throw new Refusal(from.name() + ": packet " + packet.number() + ": link type "
                            + packet.origin().linkType()
                            + " (expected: that of the packets before; --link-type TYPE is for all)");
                }
                traffic.add(extensions.annotate(packet));
            }
        } catch (IOException e) {
            throw from.unreadable(e);
        }
        String packets = String.format(
                Locale.ROOT,
                "%s; %,d packets of %s: %,d kept, %,d dropped",
                size(program),
                traffic.packets(),
                from.name(),
                traffic.kept(),
                traffic.packets() - traffic.kept());
        print(program, traffic, heading(source, packets));
    }

    private @Nullable CapturedPacket next(CaptureReader reader, Source from) throws IOException {
        try {
            return reader.next();
        } catch (CaptureException e) {
            damage = from.unreadable(e);
            return null;
        }
    }

    private static @Nullable LinkType linkType(AnyProgram source, CapturedPacket packet, Source from) throws Refusal {
        if (!source.isExpression()) {
            return null;
        }
        return LinkTypes.of(packet.origin())
                .orElseThrow(() -> new Refusal(from.name() + ": packet " + packet.number() + ": link type "
                        + packet.origin().linkType() + " (expected: one that expressions know, or --link-type)"));
    }

    private void print(Program program, @Nullable Traffic traffic, List<String> heading) {
        session.out().print(format.write(FlowGraph.of(heading, program, !unfolded, traffic)));
    }

    /** The heading: the name of the file or the expression, and a line with counts. */
    private List<String> heading(AnyProgram source, String about) {
        String shown = argument.isStandardInput() ? "standard input" : argument.text();
        List<String> heading = new ArrayList<>();
        if (source.isExpression() || !shown.contentEquals(source.text())) {
            String line = Printable.of(source.isExpression() ? source.text().strip() : shown);
            heading.add(line.length() > HEADING ? line.substring(0, HEADING - 3) + "..." : line);
        }
        heading.add(about);
        return heading;
    }

    private static String size(Program program) {
        return String.format(Locale.ROOT, "%,d instruction%s", program.size(), program.size() == 1 ? "" : "s");
    }

    /** Parses the value of {@code --format}, and lists the values for completion. */
    static final class GraphFormatName implements ITypeConverter<GraphFormat>, Iterable<String> {
        private static String name(GraphFormat format) {
            return format.name().toLowerCase(Locale.ROOT);
        }

        @Override
        public Iterator<String> iterator() {
            return Arrays.stream(GraphFormat.values())
                    .map(GraphFormatName::name)
                    .iterator();
        }

        @Override
        public GraphFormat convert(String name) {
            for (GraphFormat format : GraphFormat.values()) {
                if (name(format).equals(name)) {
                    return format;
                }
            }
            throw new TypeConversionException("'" + name + "' (expected: svg, dot or mermaid)");
        }
    }
}
