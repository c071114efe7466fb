package io.github.nettybpf.tools.explain;

import io.github.nettybpf.core.DecisionFilter;
import io.github.nettybpf.core.Packet;
import io.github.nettybpf.core.Placement;
import io.github.nettybpf.expression.LinkType;
import io.github.nettybpf.tools.AnyProgram;
import io.github.nettybpf.tools.CapturePlacement;
import io.github.nettybpf.tools.ExtensionOption;
import io.github.nettybpf.tools.Json;
import io.github.nettybpf.tools.Output;
import io.github.nettybpf.tools.PacketStart;
import io.github.nettybpf.tools.Printable;
import io.github.nettybpf.tools.Refusal;
import io.github.nettybpf.tools.RuleCounts;
import io.github.nettybpf.tools.capture.CaptureInterface;
import io.github.nettybpf.tools.capture.CaptureReader;
import io.github.nettybpf.tools.capture.CapturedPacket;
import io.github.nettybpf.tools.capture.IpHeader;
import io.github.nettybpf.tools.capture.PlacedPacket;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The rule that decides on each packet of a capture: a line for each packet, and how many each rule has decided. */
final class PacketRules {
    private final AnyProgram source;
    private final @Nullable LinkType asked;
    private final CapturePlacement placement;
    private final ExtensionOption extensions;
    private final Output out;
    private final boolean isJson;
    private final RuleCounts counts = new RuleCounts();
    private final Map<PacketStart, Shown> programs = new HashMap<>();
    private final Map<CaptureInterface, Shown> interfaces = new HashMap<>();
    private long notShown;

    /** A program, and what it is shown of a packet. */
    private record Shown(RuleCounts.Rules rules, @Nullable PlacedPacket placed) {}

    /**
     * No packet yet.
     *
     * @param asked the link type to compile an expression for, or null for that of the capture
     */
    PacketRules(
            AnyProgram source,
            @Nullable LinkType asked,
            CapturePlacement placement,
            ExtensionOption extensions,
            Output out,
            boolean isJson) {
        this.source = source;
        this.asked = asked;
        this.placement = placement;
        this.extensions = extensions;
        this.out = out;
        this.isJson = isJson;
    }

    /**
     * Tells the rules for all packets, and if the capture is damaged, for those before that place.
     *
     * @throws IOException if the capture cannot be read to its end
     * @throws Refusal if the expression cannot be compiled for a packet
     */
    void tell(CaptureReader reader) throws IOException, Refusal {
        try {
            for (CapturedPacket packet = reader.next(); packet != null; packet = reader.next()) {
                tell(packet);
            }
        } finally {
            String others = notShown == 0
                    ? ""
                    : String.format("%12d without the header that the program begins with\n", notShown);
            out.print(
                    isJson
                            ? new Json().put("programs", counts.json()).put("notShown", notShown) + "\n"
                            : counts.text() + others);
        }
    }

    private void tell(CapturedPacket packet) throws Refusal {
        Shown program = interfaces.get(packet.origin());
        if (program == null) {
            program = program(packet);
            interfaces.put(packet.origin(), program);
        }
        PlacedPacket placed = program.placed();
        if (placed != null && !placed.show(packet)) {
            notShown++;
            out.print(isJson ? json(packet).put("rule", null) + "\n" : line(packet, "no " + placed.needs()) + "\n");
            return;
        }
        Packet shown = extensions.annotate(placed == null ? packet : placed);
        RuleCounts.Rules rules = program.rules();
        int decision = rules.decide(shown);
        int verdict = rules.verdict(decision, shown);
        String comment = packet.comment().orElse(null);
        if (isJson) {
            Json json = json(packet).put("verdict", Integer.toUnsignedLong(verdict));
            out.print(rules.put(json, decision).put("comment", comment) + "\n");
        } else {
            String rule = rules.text(decision);
            String other = comment == null || comment.contains(rule)
                    ? ""
                    : "      comment: " + Printable.message(comment) + "\n";
            out.print(line(packet, "verdict " + Integer.toUnsignedString(verdict) + ": " + rule) + "\n" + other);
        }
    }

    private Shown program(CapturedPacket packet) throws Refusal {
        PacketStart start = PacketStart.of(packet, source, asked, placement);
        Shown known = programs.get(start);
        if (known == null) {
            Placement place = start.placement();
            known = new Shown(
                    counts.add(start.toString(), DecisionFilter.interpret(start.program(source))),
                    place == null ? null : new PlacedPacket(place));
            programs.put(start, known);
        }
        return known;
    }

    private static String line(CapturedPacket packet, String decided) {
        IpHeader header = IpHeader.of(packet);
        String addresses = header == null ? "" : header.source() + " > " + header.destination() + "  ";
        return String.format(
                "%5d  %s  %s%s bytes  %s",
                packet.number(), packet.time(), addresses, Integer.toUnsignedString(packet.wireLength()), decided);
    }

    private static Json json(CapturedPacket packet) {
        IpHeader header = IpHeader.of(packet);
        return new Json()
                .put("packet", packet.number())
                .put("time", packet.time().toString())
                .put("source", header == null ? null : header.source())
                .put("destination", header == null ? null : header.destination())
                .put("length", packet.length())
                .put("wireLength", Integer.toUnsignedLong(packet.wireLength()));
    }
}
