package io.github.nettybpf.tools.run;

import io.github.nettybpf.tools.AnyProgram;
import io.github.nettybpf.tools.CaptureArgument;
import io.github.nettybpf.tools.CapturePlacement;
import io.github.nettybpf.tools.Json;
import io.github.nettybpf.tools.JsonOption;
import io.github.nettybpf.tools.Positive;
import io.github.nettybpf.tools.ProgramArgument;
import io.github.nettybpf.tools.Refusal;
import io.github.nettybpf.tools.Session;
import io.github.nettybpf.tools.Source;
import io.github.nettybpf.tools.capture.CaptureReader;
import io.github.nettybpf.tools.capture.CapturedPacket;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code bpf bench}: measures a program. */
@Command(
        name = "bench",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        header = "Measures what a program costs per packet.",
        description = """

                Reads the packets of a capture into memory and runs the program on all of them, in \
                order, by the interpreter and by the compiler. After a warm-up, the engines take \
                turns for a number of rounds. Each engine has a line: nanoseconds of CPU time per \
                packet of the fastest round, the quartiles, and the slowest round. Reading the \
                capture is not measured.

                The engines must return the same verdict on every packet; otherwise the first \
                difference is reported and the exit code is 1. The counts are those of bpf run.

                The kernel is not measured, because a socket costs far more than its filter. Use \
                bpf run --engine kernel for the kernel's verdicts.

                The figures hold for this program on these packets. A few packets, repeated, are \
                faster than many different ones, because processors learn to predict the branches.
                """,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:measured",
            "1:a bad program, a capture that is damaged, unreadable or empty, or verdicts that differ",
            "2:usage error"
        },
        footer = """

                Example:
                  $ bpf bench 'tcp port 179' bgp-4byte-asn.pcap
                  91 packets, 79 bytes on average; 15 rounds of each engine
                  ns per packet      min     25 %%   median     75 %%      max  passes  fails
                  interpreter       16.9     16.9     16.9     17.0     17.0      79     12
                  compiler           5.7      5.7      5.7      5.7      5.7      79     12""")
public final class Bench implements Callable<Integer> {
    /** The limit of what is read of a capture; more would not make memory any slower. */
    private static final long MOST_BYTES = 64 << 20;

    /** The memory that a packet takes besides its bytes, about. */
    private static final int OBJECT_BYTES = 100;

    private static final long MOST_ROUNDS = 10_000;

    /** In the order in which they are measured. */
    private static final List<Engine> ENGINES = List.of(Engine.INTERPRETER, Engine.COMPILER);

    private final Session session;

    @Mixin
    private final ProgramArgument program = new ProgramArgument();

    @Parameters(
            index = "1",
            paramLabel = "CAPTURE",
            description = "A capture in pcap or pcapng format, plain or compressed; - is standard input.")
    private String capture = "-";

    @Option(
            names = "--limit",
            paramLabel = "N",
            converter = Positive.class,
            defaultValue = "100000",
            description = "Use only the first N packets (default: ${DEFAULT-VALUE}), and at most 64 MiB of them.")
    private long limit = 100_000;

    @Option(
            names = "--rounds",
            paramLabel = "N",
            converter = Positive.class,
            defaultValue = "15",
            description = "Measure each engine N times (default: ${DEFAULT-VALUE}).")
    private long rounds = 15;

    @Mixin
    private final JsonOption json = new JsonOption();

    public Bench(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() throws Refusal {
        if (rounds > MOST_ROUNDS) {
            throw Refusal.ofUsage("--rounds " + rounds + " (expected: 1.." + MOST_ROUNDS + ")");
        }
        CaptureArgument.check(program, List.of(capture));
        AnyProgram read = program.read(session.in());
        try (Verdicts interpreter = verdicts(read, Engine.INTERPRETER, session.err()::println);
                Verdicts compiler = verdicts(read, Engine.COMPILER, remark -> {})) {
            List<CapturedPacket> packets = packets();
            Measurement measurement =
                    new Measurement(packets, List.of(filters(interpreter, packets), filters(compiler, packets)));
            measurement.compare();
            List<Measurement.Times> times = measurement.run(rounds);
            if (json.isAsked()) {
                session.out().print(json(packets, times) + "\n");
            } else {
                print(packets, times);
            }
        }
        return 0;
    }

    private Verdicts verdicts(AnyProgram read, Engine engine, Consumer<String> remarks) throws Refusal {
        return new Verdicts(read, program.linkType(), new CapturePlacement(), engine, null, remarks);
    }

    private List<CapturedPacket> packets() throws Refusal {
        Source source = new Source(capture);
        List<CapturedPacket> packets = new ArrayList<>();
        long bytes = 0;
        InputStream in = CaptureArgument.open(capture, session.in(), null);
        try (CaptureReader reader = CaptureReader.open(in)) {
            while (packets.size() < limit && bytes < MOST_BYTES) {
                CapturedPacket packet = reader.next();
                if (packet == null) {
                    break;
                }
                packets.add(packet.copy());
                bytes += packet.length() + OBJECT_BYTES;
            }
        } catch (IOException e) {
            throw source.unreadable(e);
        }
        if (packets.isEmpty()) {
            throw new Refusal(source.name() + ": no packets (expected: at least one)");
        }
        return packets;
    }

    private static List<Verdicts.CaptureFilter> filters(Verdicts verdicts, List<CapturedPacket> packets)
            throws Refusal {
        List<Verdicts.CaptureFilter> filters = new ArrayList<>();
        for (CapturedPacket packet : packets) {
            filters.add(verdicts.filter(packet));
        }
        return filters;
    }

    private static long averageBytes(List<CapturedPacket> packets) {
        return packets.stream().mapToLong(CapturedPacket::length).sum() / packets.size();
    }

    private Json json(List<CapturedPacket> packets, List<Measurement.Times> times) {
        List<Json> engines = new ArrayList<>();
        for (int i = 0; i < ENGINES.size(); i++) {
            Measurement.Times it = times.get(i);
            Json nanos = new Json()
                    .put("min", it.at(0))
                    .put("quartile1", it.at(0.25))
                    .put("median", it.at(0.5))
                    .put("quartile3", it.at(0.75))
                    .put("max", it.at(1));
            engines.add(new Json()
                    .put("engine", ENGINES.get(i).toString())
                    .put("nanosPerPacket", nanos)
                    .put("passes", it.passes())
                    .put("fails", packets.size() - it.passes()));
        }
        return new Json()
                .put("packets", packets.size())
                .put("averageBytes", averageBytes(packets))
                .put("rounds", rounds)
                .put("engines", engines);
    }

    private void print(List<CapturedPacket> packets, List<Measurement.Times> times) {
        session.out()
                .print(String.format(
                        "%d packets, %d bytes on average; %d rounds of each engine\n",
                        packets.size(), averageBytes(packets), rounds));
        session.out().print("ns per packet      min     25 %   median     75 %      max  passes  fails\n");
        for (int i = 0; i < ENGINES.size(); i++) {
            Measurement.Times it = times.get(i);
            session.out()
                    .print(String.format(
                            Locale.ROOT,
                            "%-13s %8.1f %8.1f %8.1f %8.1f %8.1f %7d %6d\n",
                            ENGINES.get(i),
                            it.at(0),
                            it.at(0.25),
                            it.at(0.5),
                            it.at(0.75),
                            it.at(1),
                            it.passes(),
                            packets.size() - it.passes()));
        }
    }
}
