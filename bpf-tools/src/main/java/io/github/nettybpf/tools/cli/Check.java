package io.github.nettybpf.tools.cli;

import io.github.nettybpf.core.AssemblyException;
import io.github.nettybpf.core.Extension;
import io.github.nettybpf.core.OffsetBase;
import io.github.nettybpf.core.Placement;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.core.VerificationException;
import io.github.nettybpf.netty.PipelineSupport;
import io.github.nettybpf.netty.SocketFilters;
import io.github.nettybpf.tools.Json;
import io.github.nettybpf.tools.JsonOption;
import io.github.nettybpf.tools.OptionalProgramArgument;
import io.github.nettybpf.tools.Printable;
import io.github.nettybpf.tools.Refusal;
import io.github.nettybpf.tools.Session;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code bpf check}: says what is known of a program without running it. */
@Command(
        name = "check",
        mixinStandardHelpOptions = true,
        header = "Says whether the kernel accepts a program, and what the program reads and returns.",
        description = """

                Reads a program in any notation, or an expression. Prints lines
                'name: value':

                program       accepted, with its size, or refused
                rule, where   the rule of the kernel's verifier that it breaks, and the place
                problem       what is wrong there, or why the kernel cannot convert it to eBPF
                reads         the bytes of the packet that it can read
                extensions    the extensions that it can read, each with the first instruction
                              (counted from 0) that does
                verdicts      all verdicts that it can return
                kernel        the sockets that accept it
                pipeline      the placements at which it can run in a Netty pipeline
                not PLACEMENT why it cannot run there, with the instruction
                kernel cost   the memory that a socket is charged for it, and the limit

                The answers hold for all packets and are upper bounds: the program cannot read or \
                return anything else.
                """,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:accepted", "1:refused, not a program, or unreadable", "2:usage error"},
        footer = """

                Example:
                  $ echo '1,22 0 0 0' | bpf check
                  program:     accepted, 1 instruction
                  reads:       no byte of the packet
                  extensions:  none
                  verdicts:    0 (drop)
                  kernel:      any socket that takes SO_ATTACH_FILTER
                  pipeline:    any
                  ...""")
public final class Check implements Callable<Integer> {
    private static final List<Placement> PIPELINES =
            List.of(Placement.UDP_SOCKET, Placement.PAYLOAD, Placement.ETHERNET, Placement.IP);

    private static final int MOST_VERDICTS = 8;

    private final Session session;

    @Mixin
    private final OptionalProgramArgument argument = new OptionalProgramArgument();

    @Mixin
    private final JsonOption json = new JsonOption();

    public Check(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() throws Refusal {
        try {
            return verified(argument.program(session.in())) ? 0 : 1;
        } catch (Refusal refusal) {
            if (!(refusal.getCause() instanceof AssemblyException e
                    && e.getCause() instanceof VerificationException broken)) {
                throw refusal;
            }
            refused(e, broken);
            return 1;
        }
    }

    private void refused(AssemblyException e, VerificationException broken) {
        String problem = Printable.message(String.valueOf(broken.getMessage()));
        if (json.isAsked()) {
            print(new Json()
                    .put("accepted", false)
                    .put("rule", rule(broken.rule()))
                    .put("source", argument.name())
                    .put("line", e.line())
                    .put("column", e.column())
                    .put("problem", problem));
            return;
        }
        line("program", session.style().problem("refused"));
        line("rule", rule(broken.rule()));
        line("where", argument.name() + ": line " + e.line() + ", column " + e.column());
        line("problem", session.style().problem(problem));
    }

    /** {@return whether the kernel can convert the program too} */
    private boolean verified(Program program) {
        Optional<String> problem = program.conversionProblem();
        if (json.isAsked()) {
            print(json(program, problem));
            return problem.isEmpty();
        }
        String size = program.size() + (program.size() == 1 ? " instruction" : " instructions");
        line(
                "program",
                problem.isEmpty()
                        ? "accepted, " + size
                        : session.style().problem("refused when the kernel converts it to eBPF, " + size));
        problem.ifPresent(why -> line("problem", session.style().problem(why)));
        line("reads", reads(program));
        line("extensions", extensions(program));
        line("verdicts", verdicts(program));
        OptionalLong optmemMax = SocketFilters.optmemMax();
        line("kernel", problem.isPresent() ? "no socket" : sockets(program.kernelCost(), optmemMax));
        pipeline(program);
        line("kernel cost", cost(program.kernelCost(), optmemMax));
        return problem.isEmpty();
    }

    private void print(Json object) {
        session.out().print(object + "\n");
    }

    private static Json json(Program program, Optional<String> problem) {
        List<Json> extensions = new ArrayList<>();
        for (Extension extension : program.extensions()) {
            extensions.add(new Json()
                    .put("name", extension.mnemonic())
                    .put("insn", program.firstReading(extension).orElseThrow()));
        }
        Map<Placement, String> refused = refusedPlacements(program);
        Json reasons = new Json();
        refused.forEach((placement, why) -> reasons.put(placement.name(), why));
        OptionalLong optmemMax = SocketFilters.optmemMax();
        return new Json()
                .put("accepted", problem.isEmpty())
                .put("problem", problem.orElse(null))
                .put("instructions", program.size())
                .put("packetBytes", packetBytes(program))
                .put("networkHeader", first(program, OffsetBase.NETWORK))
                .put("linkLayerHeader", first(program, OffsetBase.LINK_LAYER))
                .put("extensions", extensions)
                .put(
                        "verdicts",
                        program.verdicts()
                                .map(verdicts -> verdicts.stream()
                                        .map(Integer::toUnsignedLong)
                                        .sorted()
                                        .toList())
                                .orElse(null))
                .put("placements", able(refused))
                .put("refusedPlacements", reasons)
                .put("kernelCost", program.kernelCost())
                .put("optmemMax", optmemMax.isPresent() ? optmemMax.getAsLong() : null);
    }

    /** {@return how many bytes from the first on it can read, or null if any byte} */
    private static @Nullable Long packetBytes(Program program) {
        if (!program.offsetBases().contains(OffsetBase.PACKET)) {
            return 0L;
        }
        OptionalLong reach = program.reach();
        return reach.isPresent() ? (Long) reach.getAsLong() : null;
    }

    private static @Nullable Integer first(Program program, OffsetBase base) {
        OptionalInt pc = program.firstReading(base);
        return pc.isPresent() ? (Integer) pc.getAsInt() : null;
    }

    private void line(String name, String value) {
        session.out().print(String.format("%-12s %s\n", name + ":", value));
    }

    private static String rule(VerificationException.Rule rule) {
        return switch (rule) {
            case LENGTH -> "a program has 1..4096 instructions";
            case OPCODE -> "the code is one of the 49 that the kernel knows";
            case DIVISOR -> "no division or modulo by a constant 0";
            case SHIFT -> "shifts by a constant are by less than 32";
            case SCRATCH_SLOT -> "scratch slots are 0..15";
            case JUMP -> "jumps end inside the program";
            case EXTENSION -> "absolute loads from 0xfffff000 up are exactly the extensions";
            case LAST_INSTRUCTION -> "the last instruction is a return";
            case SCRATCH_UNSET -> "a scratch slot is written before it is read";
        };
    }

    private static String reads(Program program) {
        List<String> parts = new ArrayList<>();
        if (program.offsetBases().contains(OffsetBase.PACKET)) {
            OptionalLong reach = program.reach();
            parts.add(reach.isPresent() ? "packet bytes 0.." + (reach.getAsLong() - 1) : "any byte of the packet");
        }
        program.firstReading(OffsetBase.NETWORK).ifPresent(pc -> parts.add("the network header (insn " + pc + ")"));
        program.firstReading(OffsetBase.LINK_LAYER)
                .ifPresent(pc -> parts.add("the link-layer header (insn " + pc + ")"));
        return parts.isEmpty() ? "no byte of the packet" : String.join(", ", parts);
    }

    private static String extensions(Program program) {
        Set<Extension> read = program.extensions();
        return read.isEmpty()
                ? "none"
                : read.stream().map(extension -> named(program, extension)).collect(Collectors.joining(", "));
    }

    private static String named(Program program, Extension extension) {
        return extension.mnemonic() + " (insn "
                + program.firstReading(extension).orElseThrow() + ")";
    }

    private static String verdicts(Program program) {
        if (program.verdicts().isEmpty()) {
            return "any (ret a)";
        }
        Set<Integer> verdicts = program.verdicts().get();
        String first = verdicts.stream()
                .map(Integer::toUnsignedLong)
                .sorted()
                .limit(MOST_VERDICTS)
                .map(verdict -> verdict == 0 ? "0 (drop)" : verdict.toString())
                .collect(Collectors.joining(", "));
        int more = verdicts.size() - MOST_VERDICTS;
        return more > 0 ? first + " and " + more + " more" : first;
    }

    /** Prints the placements at which a pipeline can run the program, and why not at the others. */
    private void pipeline(Program program) {
        Map<Placement, String> refused = refusedPlacements(program);
        String able = String.join(", ", able(refused));
        line("pipeline", refused.isEmpty() ? "any" : able.isEmpty() ? "none" : able);
        refused.forEach((placement, why) -> line("not " + placement, why));
    }

    private static List<String> able(Map<Placement, String> refused) {
        return PIPELINES.stream()
                .filter(placement -> !refused.containsKey(placement))
                .map(Placement::name)
                .toList();
    }

    /** {@return the placements at which a pipeline cannot run the program, and why} */
    private static Map<Placement, String> refusedPlacements(Program program) {
        Map<Placement, String> refused = new EnumMap<>(Placement.class);
        for (Placement placement : PIPELINES) {
            PipelineSupport.whyNot(program, placement).ifPresent(why -> refused.put(placement, why));
        }
        return refused;
    }

    /** {@return which sockets take a program of this cost under a limit, which is empty if it cannot be read here} */
    static String sockets(int bytes, OptionalLong optmemMax) {
        return optmemMax.isPresent() && bytes >= optmemMax.getAsLong()
                ? "no socket while net.core.optmem_max is " + optmemMax.getAsLong()
                : "any socket that takes SO_ATTACH_FILTER";
    }

    /** {@return what the charge means under a limit, which is empty if it cannot be read here} */
    static String cost(int bytes, OptionalLong optmemMax) {
        if (optmemMax.isEmpty()) {
            return bytes + " bytes; a socket's charges must stay below net.core.optmem_max, by default 131072"
                    + " (20480 before Linux 6.8)";
        }
        long max = optmemMax.getAsLong();
        return bytes + " bytes; "
                + (bytes < max
                        ? "accepted while the socket's other charges are below " + (max - bytes)
                        : "too much for any socket")
                + " (net.core.optmem_max is " + max + ")";
    }
}
