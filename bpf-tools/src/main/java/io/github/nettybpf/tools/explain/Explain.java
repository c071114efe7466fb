package io.github.nettybpf.tools.explain;

import io.github.nettybpf.core.Packet;
import io.github.nettybpf.core.Placement;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.expression.LinkType;
import io.github.nettybpf.tools.AnyProgram;
import io.github.nettybpf.tools.CaptureArgument;
import io.github.nettybpf.tools.CapturePlacement;
import io.github.nettybpf.tools.ExtensionOption;
import io.github.nettybpf.tools.Json;
import io.github.nettybpf.tools.JsonOption;
import io.github.nettybpf.tools.ProgramArgument;
import io.github.nettybpf.tools.Refusal;
import io.github.nettybpf.tools.Session;
import io.github.nettybpf.tools.Source;
import io.github.nettybpf.tools.capture.CaptureReader;
import io.github.nettybpf.tools.capture.CapturedPacket;
import io.github.nettybpf.tools.capture.LinkTypes;
import io.github.nettybpf.tools.capture.PlacedPacket;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.TypeConversionException;

/** {@code bpf explain}: traces one packet through a program. */
@Command(
        name = "explain",
        mixinStandardHelpOptions = true,
        header = "Says why a program keeps or drops a packet.",
        description = """

                Runs the program on one packet and prints each instruction that was executed, with \
                the values that it loaded, computed or compared; then the verdict, and one sentence \
                that says why the packet was kept or dropped: the last test that decided the \
                outcome, or the load, division or extension that ended the program.

                With --rules PACKET is a capture, and of each of its packets one line tells the rule \
                that decided: the test that leads to the return, or the instruction that ended the \
                program. In a file of dropped packets (DropFile) the comment of a packet follows if \
                it tells another rule. At the end is how many packets each rule has decided.

                A file of dropped packets is read as the handler has seen its packets, for example \
                from the UDP header on.
                """,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:explained, whatever the verdict",
            "1:not a program, no such packet, or a damaged capture",
            "2:usage error"
        },
        footer = """

                Examples:
                  $ bpf explain 'tcp port 22' lan.pcap --packet 7
                  $ bpf explain 'ldb [1] ret a' '0a 14 00'
                  $ bpf explain --ext mark=7 filter.bpf - < packet.hex
                  $ bpf explain --rules filter.bpf drops.pcapng

                See also: bpf graph, which draws the control flow; bpf dbg, which is a debugger.""")
public final class Explain implements Callable<Integer> {
    private final Session session;

    @Mixin
    private final ProgramArgument program = new ProgramArgument();

    @Parameters(
            index = "1",
            paramLabel = "PACKET",
            description = "A file, - for standard input, or the text itself: hexadecimal digits in pairs, with or"
                    + " without blanks or colons between them, or a dump by tcpdump -xx, Wireshark, xxd, hexdump -C or"
                    + " od -t x1, of an Ethernet frame or a packet of --link-type; or a capture, pcap or pcapng, plain"
                    + " or compressed.")
    private String packet = "-";

    @Option(
            names = "--packet",
            paramLabel = "N",
            converter = PacketNumber.class,
            description = "Which packet of the capture, from 1 (default: ${DEFAULT-VALUE}).",
            defaultValue = "1")
    private long number = 1;

    @Option(names = "--rules", description = "Tell for each packet of a capture the rule that decides.")
    private boolean rules;

    @Mixin
    private final CapturePlacement placement = new CapturePlacement();

    @Mixin
    private final ExtensionOption extensions = new ExtensionOption();

    @Mixin
    private final JsonOption json = new JsonOption();

    public Explain(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() throws Refusal {
        if (program.isStandardInput() && packet.equals("-")) {
            throw Refusal.ofUsage("PROGRAM and PACKET: both are standard input (expected: at most one)");
        }
        placement.check(program);
        if (rules && number != 1) {
            throw Refusal.ofUsage("--rules and --packet (expected: one of them)");
        }
        AnyProgram source = program.read(session.in());
        if (rules) {
            tellRules(source);
            return 0;
        }
        PacketArgument named = PacketArgument.of(packet, number, program.linkType(), session.in());
        Placement place =
                program.linkType() == null ? placement.of(named.packet().origin()) : null;
        Program run = place == null ? source.program(linkType(source, named)) : source.program(place);
        Packet shown = extensions.annotate(place == null ? named.packet() : placed(named, place));
        PacketTrace trace = PacketTrace.of(run, shown);
        session.out().print(json.isAsked() ? json(named, trace) + "\n" : text(named, trace));
        return 0;
    }

    private void tellRules(AnyProgram source) throws Refusal {
        Source capture = new Source(packet);
        try (CaptureReader reader =
                CaptureReader.open(CaptureArgument.open(packet, session.in(), session.progress()))) {
            new PacketRules(source, program.linkType(), placement, extensions, session.out(), json.isAsked())
                    .tell(reader);
        } catch (IOException e) {
            session.out().flush();
            throw capture.unreadable(e);
        }
    }

    private static Packet placed(PacketArgument named, Placement place) throws Refusal {
        PlacedPacket placed = new PlacedPacket(place);
        if (!placed.show(named.packet())) {
            throw new Refusal(named.name() + ": no " + placed.needs() + " (expected: one, for placement "
                    + place.name().toLowerCase(Locale.ROOT) + ")");
        }
        return placed;
    }

    private static Json json(PacketArgument named, PacketTrace trace) {
        CapturedPacket packet = named.packet();
        List<Json> steps = new ArrayList<>();
        for (PacketTrace.Step step : trace.steps()) {
            steps.add(new Json()
                    .put("insn", step.pc())
                    .put("statement", step.statement())
                    .put("effect", step.effect()));
        }
        return new Json()
                .put("packet", named.name())
                .put("length", packet.length())
                .put("wireLength", Integer.toUnsignedLong(packet.wireLength()))
                .put("steps", steps)
                .put("verdict", Integer.toUnsignedLong(trace.verdict()))
                .put("sentence", trace.sentence());
    }

    private String text(PacketArgument named, PacketTrace trace) {
        StringBuilder text = new StringBuilder(header(named)).append('\n');
        int width = trace.steps().stream()
                .mapToInt(step -> step.statement().length())
                .max()
                .orElse(0);
        for (PacketTrace.Step step : trace.steps()) {
            text.append(PacketTrace.number(step.pc())).append("  ").append(step.statement());
            text.append(" ".repeat(width - step.statement().length() + 3))
                    .append(effect(step))
                    .append('\n');
        }
        text.append("verdict ")
                .append(Integer.toUnsignedString(trace.verdict()))
                .append('\n');
        return text + trace.sentence() + "\n";
    }

    /** {@return what an instruction did, with the branch that it took in bold} */
    private String effect(PacketTrace.Step step) {
        String effect = step.effect();
        int branch = effect.lastIndexOf(PacketTrace.BRANCH);
        return branch < 0
                ? effect
                : effect.substring(0, branch) + session.style().taken(effect.substring(branch));
    }

    private LinkType linkType(AnyProgram source, PacketArgument named) throws Refusal {
        LinkType asked = program.linkType();
        if (asked != null) {
            return asked;
        }
        if (!source.isExpression()) {
            return LinkType.EN10MB;
        }
        return LinkTypes.of(named.packet().origin())
                .orElseThrow(() -> new Refusal(
                        named.name() + ": link type " + named.packet().origin().linkType()
                                + " (expected: one that expressions know, or --link-type)"));
    }

    private static String header(PacketArgument named) {
        CapturedPacket packet = named.packet();
        String cut = packet.wireLength() == packet.length()
                ? ""
                : ", " + Integer.toUnsignedString(packet.wireLength()) + " on the wire";
        return named.name() + ": " + packet.length() + (packet.length() == 1 ? " byte" : " bytes") + cut;
    }

    /** Parses the value of {@code --packet}. */
    static final class PacketNumber implements ITypeConverter<Long> {
        @Override
        public Long convert(String text) {
            if (!text.matches("0{0,9}[1-9][0-9]{0,17}")) {
                throw new TypeConversionException("'" + text + "' (expected: a number from 1)");
            }
            return Long.valueOf(text);
        }
    }
}
