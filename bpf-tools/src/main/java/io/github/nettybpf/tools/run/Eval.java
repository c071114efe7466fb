package io.github.nettybpf.tools.run;

import io.github.nettybpf.core.AssemblyException;
import io.github.nettybpf.core.Filter;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.core.ProgramFormat;
import io.github.nettybpf.core.VerificationException;
import io.github.nettybpf.expression.ExpressionException;
import io.github.nettybpf.expression.FilterExpression.Options;
import io.github.nettybpf.netty.KernelOracle;
import io.github.nettybpf.tools.AnyProgram;
import io.github.nettybpf.tools.ExpressionTarget;
import io.github.nettybpf.tools.Json;
import io.github.nettybpf.tools.JsonOption;
import io.github.nettybpf.tools.Lines;
import io.github.nettybpf.tools.Printable;
import io.github.nettybpf.tools.Refusal;
import io.github.nettybpf.tools.Session;
import io.github.nettybpf.tools.Source;
import io.netty.channel.ChannelException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code bpf eval}: prints a verdict for each line of input. */
@Command(
        name = "eval",
        mixinStandardHelpOptions = true,
        header = "Runs programs on packets, one case a line.",
        description = """

                Each line of the input is a case: the program, a tab, the packet; what follows \
                another tab is ignored. The program is bytecode, or in another notation that fits \
                in one line, or an expression, which is compiled for --link-type or --placement. \
                The packet is hexadecimal, or - if it is empty. Each case is answered \
                with one line, in order: the verdict as an unsigned decimal number, or 'reject: ' \
                and the reason if the program or the packet is refused. Empty lines and lines that \
                begin with # are skipped.

                The program sees what it would see on a unix datagram socket: offset 0 is the first \
                byte, also for loads from the network header; there is no link-layer header and no \
                network device; mark, queue and the like are 0. With --engine kernel it does run \
                there, in the running kernel, which needs no privilege; with --engine compiler each \
                program is compiled to JVM bytecode first, which bpf jit shows.

                A text is told to be a program or an expression as by all verbs; with --expressions \
                each is an expression. --set binds sets of addresses for all of them; they name no \
                files. The length on the wire is that of the packet.

                Answers are flushed whenever no further case is waiting, so another program can \
                send a case, wait for the answer, and send the next, through two pipes.
                """,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:all cases are answered, also if with reject", "1:unreadable input", "2:usage error"},
        footer = """

                Example:
                  $ printf '2,48 0 0 1,22 0 0 0\\t%%s\\n' 0a14 - zz | bpf eval
                  20
                  0
                  reject: packet: 'zz' at digit 1 (expected: hexadecimal digits in pairs, or -)""")
public final class Eval implements Callable<Integer> {
    private static final String REJECT = "reject: ";

    private final Session session;

    @Mixin
    private final Source source = new Source();

    @Option(
            names = "--engine",
            paramLabel = "ENGINE",
            converter = Engine.Name.class,
            defaultValue = "interpreter",
            description = "How to run the programs: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
    private Engine engine = Engine.INTERPRETER;

    @Option(
            names = {"-e", "--expression", "--expressions"},
            description = "The programs are filter expressions, whatever they look like.")
    private boolean expressions;

    @Mixin
    private final ExpressionTarget where = new ExpressionTarget();

    @Mixin
    private final JsonOption json = new JsonOption();

    /** Runs one program on the bytes of a packet. */
    private interface Verdict {
        int of(byte[] packet);
    }

    /** The program text of the last case, and what it was read as: a program to run, or the answer that refuses it. */
    private byte[] lastText = new byte[0];

    /** How expressions are compiled. */
    private Options options = Options.DEFAULT.withRejectingAll();

    /** Equal to no program: a tab ends it. */
    private static final byte[] NO_TEXT = {'\t'};

    private @Nullable Verdict lastProgram;
    private String lastRefusal = "";

    /** The packet of the case that is being answered. */
    private byte[] packet = new byte[0];

    /** Null if the engine is not the kernel. */
    private @Nullable KernelOracle kernel;

    public Eval(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() throws Refusal {
        options = where.sets().bind(where.withNetmask(options));
        if (engine != Engine.KERNEL) {
            return answerAll();
        }
        Throwable unavailable = KernelOracle.unavailabilityCause();
        if (unavailable != null) {
            throw new Refusal("--engine kernel: " + Printable.message(unavailable.toString())
                    + " (expected: Linux, and Netty's native epoll library for it)");
        }
        try (KernelOracle opened = KernelOracle.open()) {
            kernel = opened;
            return answerAll();
        }
    }

    private Integer answerAll() throws Refusal {
        prepare();
        try (InputStream in = source.open(session.in())) {
            Lines lines = new Lines(in, Source.MAX_BYTES, session.out()::flush);
            while (lines.advance()) {
                if (lines.length() > 0 && lines.bytes()[0] != '#') {
                    session.out().print(shown(answer(lines)) + "\n");
                }
            }
        } catch (IOException e) {
            throw source.unreadable(e);
        }
        return 0;
    }

    private String shown(String answer) {
        if (!json.isAsked()) {
            return answer;
        }
        return (answer.startsWith(REJECT)
                        ? new Json().put("reject", answer.substring(REJECT.length()))
                        : new Json().put("verdict", Long.valueOf(answer)))
                .toString();
    }

    /**
     * Answers a case, whatever it does: the next ones must be answered too. A program can, for example, be nested so
     * deeply that the stack overflows.
     */
    private String answer(Lines lines) {
        try {
            return answerOrFail(lines);
        } catch (Refusal e) {
            return failed(String.valueOf(e.getMessage()));
        } catch (RuntimeException | Error e) {
            return failed("internal error: " + e);
        }
    }

    private String failed(String problem) {
        lastText = NO_TEXT;
        return REJECT + Printable.message(problem);
    }

    private String answerOrFail(Lines lines) throws Refusal {
        if (lines.isCut()) {
            return REJECT + "line: more than 16 MiB (expected: at most " + Source.MAX_BYTES + " bytes)";
        }
        byte[] line = lines.bytes();
        int programEnd = indexOfTab(line, 0, lines.length());
        if (!Arrays.equals(line, 0, programEnd, lastText, 0, lastText.length)) {
            lastText = Arrays.copyOf(line, programEnd);
            prepare();
        }
        Verdict verdict = lastProgram;
        if (verdict == null) {
            return lastRefusal;
        }
        int packetStart = Math.min(programEnd + 1, lines.length());
        String problem = readPacket(line, packetStart, indexOfTab(line, packetStart, lines.length()));
        if (problem != null) {
            return problem;
        }
        try {
            return Integer.toUnsignedString(verdict.of(packet));
        } catch (ChannelException | UncheckedIOException e) {
            return REJECT + "the kernel: " + Printable.message(String.valueOf(e.getMessage()));
        }
    }

    private Verdict verdict(Program program) {
        KernelOracle asked = kernel;
        if (asked != null) {
            return bytes -> asked.verdict(program, bytes);
        }
        Filter filter = engine == Engine.COMPILER ? Filter.compile(program) : Filter.interpret(program);
        return bytes -> filter.run(KernelOracle.shown(bytes));
    }

    private static int indexOfTab(byte[] line, int from, int end) {
        int at = from;
        while (at < end && line[at] != '\t') {
            at++;
        }
        return at;
    }

    private void prepare() throws Refusal {
        try {
            lastProgram = verdict(read(new String(lastText, StandardCharsets.UTF_8)));
        } catch (AssemblyException e) {
            lastProgram = null;
            String reason = e.getCause() instanceof VerificationException rule ? rule.getMessage() : e.problem();
            lastRefusal = REJECT + Printable.message(String.valueOf(reason));
        } catch (ExpressionException e) {
            lastProgram = null;
            lastRefusal = REJECT + Printable.message("column " + e.column() + ": " + e.problem());
        }
    }

    private Program read(String text) throws Refusal {
        if (!expressions && !AnyProgram.isExpression(text)) {
            return ProgramFormat.readAny(text);
        }
        return where.compile(AnyProgram.withoutComments(text), options).program();
    }

    /**
     * Reads the digits into {@link #packet}.
     *
     * @return null, or the answer if they are refused
     */
    private @Nullable String readPacket(byte[] line, int start, int end) {
        if (end == start + 1 && line[start] == '-') {
            packet = new byte[0];
            return null;
        }
        if (start == end) {
            return REJECT + "packet: nothing (expected: hexadecimal digits in pairs, or -)";
        }
        if (kernel != null && (end - start) / 2 > KernelOracle.MAX_PACKET) {
            return REJECT + "packet: " + (end - start) / 2 + " bytes (expected: at most " + KernelOracle.MAX_PACKET
                    + " for the kernel)";
        }
        byte[] bytes = new byte[(end - start) / 2];
        for (int at = start; at < end; at += 2) {
            boolean isPair = at + 1 < end && HexFormat.isHexDigit(line[at]) && HexFormat.isHexDigit(line[at + 1]);
            if (!isPair) {
                String pair = new String(line, at, Math.min(2, end - at), StandardCharsets.ISO_8859_1);
                return REJECT + "packet: '" + Printable.of(pair) + "' at digit " + (at - start + 1)
                        + " (expected: hexadecimal digits in pairs, or -)";
            }
            bytes[(at - start) / 2] =
                    (byte) (HexFormat.fromHexDigit(line[at]) << 4 | HexFormat.fromHexDigit(line[at + 1]));
        }
        packet = bytes;
        return null;
    }
}
