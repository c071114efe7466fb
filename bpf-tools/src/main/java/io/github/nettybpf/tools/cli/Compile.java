package io.github.nettybpf.tools.cli;

import io.github.nettybpf.core.ProgramFormat;
import io.github.nettybpf.expression.ExpressionException;
import io.github.nettybpf.expression.FilterExpression;
import io.github.nettybpf.expression.FilterExpression.Options;
import io.github.nettybpf.tools.ExpressionTarget;
import io.github.nettybpf.tools.FormatName;
import io.github.nettybpf.tools.Printable;
import io.github.nettybpf.tools.Refusal;
import io.github.nettybpf.tools.Session;
import io.github.nettybpf.tools.Source;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code bpf compile}: compiles a filter expression to a program. */
@Command(
        name = "compile",
        mixinStandardHelpOptions = true,
        header = "Compiles filter expressions.",
        description = """

                Compiles an expression in the language of pcap-filter(7), which is that of tcpdump: \
                for captured packets of a link type, or for a kind of socket, where offset 0 is \
                another header and addresses are read relative to the network header.

                One argument that is - or the name of a file stands for the expression in it. An \
                empty argument is the empty expression, which matches every packet.
                """,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:compiled",
            "1:not an expression, one that cannot be compiled for this target, or unreadable",
            "2:usage error"
        },
        footer = """

                Examples:
                  $ bpf compile --format asm arp
                      ldh [12]
                      jneq #0x806, l3
                      ret #262144
                  l3: ret #0
                  $ bpf compile --placement udp_socket 'src net 10.0.0.0/8 and dst port 53'
                  $ bpf compile --format c - < expression.txt

                See also: bpf check, which says what a program costs.""")
public final class Compile implements Callable<Integer> {
    private final Session session;

    @Parameters(
            paramLabel = "EXPRESSION",
            arity = "1..*",
            description = "The expression, in one argument or several; or a file with it, or - for standard input.")
    private List<String> words = List.of();

    @Mixin
    private final ExpressionTarget where = new ExpressionTarget();

    @Option(
            names = "--format",
            paramLabel = "FORMAT",
            converter = FormatName.class,
            completionCandidates = FormatName.class,
            defaultValue = "bytecode",
            description =
                    "The notation to write: asm, listing, bytecode (default), c, ddd or hex, as for bpf asm and bpf disasm.")
    private ProgramFormat format = ProgramFormat.BYTECODE;

    @Option(names = "--no-optimize", description = "Do not optimize: write the tests in the order of the expression.")
    private boolean plain;

    @Option(
            names = "--explain",
            description = "Say in words what the expression matches, instead of writing the program.")
    private boolean explain;

    public Compile(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() throws Refusal {
        String expression = expression();
        Options options = where.withNetmask(plain ? Options.DEFAULT.withoutOptimizer() : Options.DEFAULT);
        try {
            FilterExpression compiled = where.compile(expression, options);
            if (compiled.acceptsAll() && !expression.isBlank()) {
                session.err().println("note: expression accepts all packets");
            }
            session.out()
                    .print(
                            explain
                                    ? compiled.explain()
                                    : format.write(compiled.program().raw()));
        } catch (ExpressionException e) {
            String message = Printable.message(String.valueOf(e.getMessage()));
            throw new Refusal(
                    expression.isBlank() ? message : message + "\n" + Printable.excerpt(expression, e.column()));
        }
        return 0;
    }

    private String expression() throws Refusal {
        String only = words.size() == 1 ? words.get(0) : "";
        if (!only.equals("-") && !isFile(only)) {
            return String.join(" ", words);
        }
        Source source = new Source(only);
        String text = source.text(session.in()).strip();
        if (text.isEmpty()) {
            throw new Refusal(source.name() + ": nothing (expected: an expression; '' is the empty one)");
        }
        return text;
    }

    private static boolean isFile(String name) {
        try {
            return !name.isEmpty() && Files.exists(Path.of(name)) && !Files.isDirectory(Path.of(name));
        } catch (InvalidPathException notAName) {
            return false;
        }
    }
}
