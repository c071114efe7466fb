package io.github.nettybpf.tools.run;

import io.github.nettybpf.tools.AnyProgram;
import io.github.nettybpf.tools.CaptureArgument;
import io.github.nettybpf.tools.CapturePlacement;
import io.github.nettybpf.tools.Json;
import io.github.nettybpf.tools.JsonOption;
import io.github.nettybpf.tools.Positive;
import io.github.nettybpf.tools.ProgramArgument;
import io.github.nettybpf.tools.Refusal;
import io.github.nettybpf.tools.RuleCounts;
import io.github.nettybpf.tools.Session;
import io.github.nettybpf.tools.Source;
import io.github.nettybpf.tools.capture.CaptureInterface;
import io.github.nettybpf.tools.capture.CaptureReader;
import io.github.nettybpf.tools.capture.CapturedPacket;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code bpf run}: counts and keeps the packets of captures that pass a program. */
@Command(
        name = "run",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        header = "Runs a program on the packets of captures.",
        description = """

                Reads captures in pcap or pcapng format and prints for each how many packets pass \
                the program (a verdict other than 0) and how many fail, as bpf_dbg does. With \
                several captures, each line begins with the file name, and the last line is the \
                total.

                PROGRAM is a file if one of this name exists, and otherwise the text itself. Text \
                with a # or ;, or with a line that begins with an instruction, is assembly; text in \
                no other notation is a filter expression. An expression is compiled for the link \
                type of each interface in the capture. 'net @NAME' in it tests for the addresses of a \
                list: --set binds the name to a file, and the name of a file with a slash in it, as in \
                'net @./block.txt', needs no --set.

                'ld len' reads the length on the wire; loads read the bytes that were captured. A \
                program that reads an extension that is not in a capture, such as the mark of a \
                packet, is refused.

                A capture that is damaged or cut off is processed up to that place; the message \
                says at which byte, and the exit code is 1.
                """,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:all packets of all captures are processed",
            "1:a bad program, a capture that is damaged or unreadable, or output that failed",
            "2:usage error"
        },
        footer = """

                Examples:
                  $ bpf run 'tcp port 179' bgp-ovs.pcapng
                  bpf passes:1 fails:0
                  $ bpf run filter.bpf --write kept.pcapng monday.pcap.gz tuesday.pcap.gz
                  $ tcpdump -i eth0 -c 1000 -w - | bpf run filter.bpf -
                  $ bpf run --set blocked=block.txt 'src net @blocked' monday.pcap
                  $ bpf run --by-rule 'udp dst port 53' drops.pcapng

                See also: bpf bench, which measures; bpf explain, which traces one packet.""")
public final class Run implements Callable<Integer> {
    private final Session session;

    @Spec
    private CommandSpec spec;

    @Mixin
    private final ProgramArgument program = new ProgramArgument();

    @Parameters(
            index = "1..*",
            arity = "1..*",
            paramLabel = "CAPTURE",
            description = "A capture in pcap or pcapng format, plain or compressed; - is standard input.")
    private List<String> captures = List.of();

    @Option(
            names = {"-w", "--write"},
            paramLabel = "FILE",
            description =
                    "Write the packets that pass, each cut to as many bytes as the verdict says, to a pcapng capture:"
                            + " the format that can hold several link types and all units of time. FILE is created or"
                            + " replaced when it is complete; - is standard output, and the counts then go to standard"
                            + " error.")
    private @Nullable String write;

    @Option(
            names = "--engine",
            paramLabel = "ENGINE",
            converter = Engine.Name.class,
            defaultValue = "compiler",
            description = "How to run the program: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
    private Engine engine = Engine.COMPILER;

    @Option(
            names = "--limit",
            paramLabel = "N",
            converter = Positive.class,
            description = "Run the program only on the first N packets of each capture.")
    private long limit = Long.MAX_VALUE;

    @Mixin
    private final CapturePlacement placement = new CapturePlacement();

    @Option(
            names = "--by-rule",
            description = "Print for each rule of the program how many packets it has decided: the test that leads to a"
                    + " return, or the instruction that ended the program. Not with the kernel.")
    private boolean byRule;

    @Mixin
    private final JsonOption json = new JsonOption();

    /** The results of the captures, for {@code --json}. */
    private final List<Json> results = new ArrayList<>();

    private long passes;
    private long fails;
    private boolean failed;

    /** Of all captures: what a capture without packets is of. */
    private @Nullable CaptureInterface firstInterface;

    public Run(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() throws Refusal {
        CaptureArgument.check(program, captures);
        placement.check(program);
        if (byRule && engine == Engine.KERNEL) {
            throw Refusal.ofUsage("--by-rule and --engine kernel (expected: another engine)");
        }
        AnyProgram read = program.read(session.in());
        RuleCounts rules = byRule ? new RuleCounts() : null;
        try (Verdicts verdicts =
                new Verdicts(read, program.linkType(), placement, engine, rules, session.err()::println)) {
            if (write == null) {
                runAll(verdicts, null);
            } else {
                try (KeptCapture kept = KeptCapture.open(write, captures, session.out())) {
                    runAll(verdicts, kept);
                    if (firstInterface != null) {
                        kept.describeIfEmpty(firstInterface);
                    }
                    kept.finish();
                }
            }
        }
        if (json.isAsked()) {
            Json all = new Json().put("captures", results).put("passes", passes).put("fails", fails);
            print((rules == null ? all : all.put("programs", rules.json())) + "\n");
        } else {
            print(captures.size() > 1 ? "total: " + counts(passes, fails) : "");
            print(rules == null ? "" : rules.text());
        }
        return failed ? 1 : 0;
    }

    private void runAll(Verdicts verdicts, @Nullable KeptCapture kept) throws Refusal {
        for (String file : captures) {
            InputStream in;
            try {
                in = CaptureArgument.open(file, session.in(), session.progress());
            } catch (Refusal e) {
                results.add(result(new Source(file), 0, 0, e));
                report(e);
                continue;
            }
            Source source = new Source(file);
            try (CaptureReader reader = CaptureReader.open(in)) {
                run(source, reader, verdicts, kept);
            } catch (IOException e) {
                Refusal unreadable = source.unreadable(e);
                results.add(result(source, 0, 0, unreadable));
                report(unreadable);
            }
        }
    }

    /** Runs the program on one capture, and prints the counts even if the capture is damaged. */
    private void run(Source source, CaptureReader reader, Verdicts verdicts, @Nullable KeptCapture kept)
            throws Refusal {
        long passesBefore = passes;
        long failsBefore = fails;
        Refusal problem = runPackets(source, reader, verdicts, kept);
        results.add(result(source, passes - passesBefore, fails - failsBefore, problem));
        if (!json.isAsked()) {
            String prefix = captures.size() > 1 ? source.name() + ": " : "";
            print(prefix + counts(passes - passesBefore, fails - failsBefore));
        }
        firstInterface = firstInterface == null ? reader.firstInterface() : firstInterface;
        if (problem != null) {
            report(problem);
        }
    }

    /**
     * {@return why the capture could not be read to its end, or null if it was}
     *
     * @throws Refusal if a packet cannot be written: that ends the verb
     */
    private @Nullable Refusal runPackets(
            Source source, CaptureReader reader, Verdicts verdicts, @Nullable KeptCapture kept) throws Refusal {
        for (long left = limit; left > 0; left--) {
            CapturedPacket packet;
            int verdict;
            try {
                packet = reader.next();
                if (packet == null) {
                    return null;
                }
                verdict = verdicts.of(packet);
            } catch (IOException e) {
                return source.unreadable(e);
            } catch (Refusal e) {
                return new Refusal(source.name() + ": " + e.getMessage());
            }
            if (verdict == 0) {
                fails++;
            } else {
                passes++;
                if (kept != null) {
                    kept.write(packet, verdicts.kept(verdict));
                }
            }
        }
        return null;
    }

    private void report(Refusal e) {
        session.out().flush();
        session.err().println(spec.qualifiedName() + ": " + e.getMessage());
        failed = true;
    }

    private static Json result(Source source, long passed, long notPassed, @Nullable Refusal problem) {
        return new Json()
                .put("capture", source.name())
                .put("passes", passed)
                .put("fails", notPassed)
                .put("problem", problem == null ? null : problem.getMessage());
    }

    private static String counts(long passed, long notPassed) {
        return "bpf passes:" + passed + " fails:" + notPassed + "\n";
    }

    /** Standard output has the capture if that is written there. */
    private void print(String lines) {
        if ("-".equals(write)) {
            session.err().print(lines);
            session.err().flush();
        } else {
            session.out().print(lines);
        }
    }
}
