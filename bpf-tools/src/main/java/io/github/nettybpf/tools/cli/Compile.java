package io.github.nettybpf.tools.cli;

import io.github.nettybpf.core.ProgramFormat;
import io.github.nettybpf.expression.FilterExpression;
import io.github.nettybpf.expression.FilterExpression.Options;
import io.github.nettybpf.expression.LinkType;
import io.github.nettybpf.tools.AnyProgram;
import io.github.nettybpf.tools.ExpressionTarget;
import io.github.nettybpf.tools.FormatName;
import io.github.nettybpf.tools.ProgramNotation;
import io.github.nettybpf.tools.Refusal;
import io.github.nettybpf.tools.Session;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code bpf compile}: compiles a filter expression to a program, or translates a program. */
@Command(
        name = "compile",
        mixinStandardHelpOptions = true,
        header = "Compiles filter expressions, and translates programs.",
        description = """

                Compiles an expression in the language of pcap-filter(7), which is that of tcpdump: \
                for captured packets of a link type, or for a kind of socket, where offset 0 is \
                another header and addresses are read relative to the network header.

                'net @NAME' tests for the addresses of a list, which --set binds to the name; the name \
                of a file with a slash in it, as in 'net @./block.txt', needs no --set.

                A program in any notation that bpf disasm reads is written in the notation of \
                --format, as it is: the options for expressions do not change it.

                An empty argument is the empty expression, which matches every packet.
                """,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:compiled",
            "1:not a program, an expression that cannot be compiled for this target, or unreadable",
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
                  $ bpf compile --set blocked=block.txt 'not src net @blocked'

                See also: bpf check, which says what a program costs.""")
public final class Compile implements Callable<Integer> {
    private final Session session;

    @Parameters(
            paramLabel = "PROGRAM",
            arity = "1..*",
            description = "A filter expression, in one argument or several, or a program in any notation; or a file"
                    + " with it, or - for standard input.")
    private List<String> words = List.of();

    @Mixin
    private final ProgramNotation notation = new ProgramNotation();

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
        String argument = String.join(" ", words);
        AnyProgram program =
                argument.isEmpty() ? AnyProgram.ofExpression("", session.in()) : notation.read(argument, session.in());
        where.sets().requireUseIn(program);
        session.out().print(program.isExpression() ? compiled(program) : translated(program));
        return 0;
    }

    private String compiled(AnyProgram program) throws Refusal {
        Options options = plain ? Options.DEFAULT.withoutOptimizer() : Options.DEFAULT;
        FilterExpression expression = program.expression(where, options);
        if (expression.acceptsAll() && !program.text().isBlank()) {
            session.err().println("note: expression accepts all packets");
        }
        return explain ? expression.explain() : format.write(expression.program());
    }

    private String translated(AnyProgram program) throws Refusal {
        if (explain) {
            throw new Refusal(
                    "--explain: PROGRAM is no expression (expected: one; bpf check says what a program reads)");
        }
        return format.write(program.program(LinkType.EN10MB));
    }
}
