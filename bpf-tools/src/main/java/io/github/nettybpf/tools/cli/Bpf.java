package io.github.nettybpf.tools.cli;

import io.github.nettybpf.tools.Printable;
import io.github.nettybpf.tools.Refusal;
import io.github.nettybpf.tools.Session;
import io.github.nettybpf.tools.dbg.Dbg;
import io.github.nettybpf.tools.explain.Explain;
import io.github.nettybpf.tools.graph.DrawGraph;
import io.github.nettybpf.tools.jit.Jit;
import io.github.nettybpf.tools.run.Bench;
import io.github.nettybpf.tools.run.Eval;
import io.github.nettybpf.tools.run.Run;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.RunLast;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * The {@code bpf} command. Its subcommands are called verbs.
 *
 * <p>A {@link Refusal} of a verb becomes a message and exit code 1, a usage error exit code 2.
 */
@Command(
        name = "bpf",
        mixinStandardHelpOptions = true,
        header = "Works on classic BPF programs, which mean here what they mean to the Linux kernel.",
        synopsisSubcommandLabel = "VERB",
        commandListHeading = "%nVerbs:%n",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:done, also if the reader of the output closed it early",
            "1:a bad program, or reading or writing failed",
            "2:usage error"
        },
        footer = {
            "",
            "A program is read from FILE, or from standard input if FILE is - or left out.",
            "A PROGRAM can also be written in the command line itself, as text or as a",
            "filter expression.",
            "",
            "Examples:",
            "  $ tcpdump -ddd arp | bpf disasm",
            "  $ bpf run 'tcp port 179' monday.pcap",
            "",
            "'bpf help VERB' describes a verb."
        })
public final class Bpf implements Runnable {
    @Spec
    private CommandSpec spec;

    private Bpf() {
        this.spec = CommandSpec.create();
    }

    /**
     * Runs the command in this process, and ends it.
     *
     * @param args the arguments
     */
    public static void main(String[] args) {
        System.exit(run(Session.ofProcess(), args));
    }

    /**
     * Runs the command.
     *
     * @param session the streams
     * @param args the arguments
     * @return the exit code: 0, 1 or 2
     */
    public static int run(Session session, String... args) {
        Locale.setDefault(Locale.ROOT); // otherwise numbers are formatted in the digits of the user's language
        StringWriter help = new StringWriter();
        CommandLine commands = new CommandLine(new Bpf());
        verbs(session).forEach(commands::addSubcommand);
        for (CommandLine verb : commands.getSubcommands().values()) {
            verb.getCommandSpec().versionProvider(Bpf::version);
        }
        commands.setOut(new PrintWriter(help))
                .setErr(session.err())
                .setColorScheme(CommandLine.Help.defaultColorScheme(Ansi.OFF))
                .setExpandAtFiles(false)
                .setExecutionStrategy(Bpf::execute)
                .setParameterExceptionHandler(Bpf::refuseUsage)
                .setExecutionExceptionHandler(Bpf::refuse)
                .getCommandSpec()
                .versionProvider(Bpf::version);
        try {
            int code = commands.execute(args);
            session.out().print(help.toString());
            session.out().flush();
            return code;
        } catch (UncheckedIOException e) {
            return outputFailed(e, "bpf", session.err());
        } catch (OutOfMemoryError e) {
            session.err().println("bpf: out of memory (JAVA_TOOL_OPTIONS=-Xmx512m gives more)");
            return 1;
        }
    }

    /** {@return the subcommands, in the order in which they are listed} */
    private static List<Object> verbs(Session session) {
        return List.of(
                new Asm(session),
                new Compile(session),
                new Dbg(session),
                new Disasm(session),
                new Check(session),
                new Eval(session),
                new Explain(session),
                new DrawGraph(session),
                new Jit(session),
                new Run(session),
                new Bench(session),
                new Completion(session),
                new HelpCommand());
    }

    private static String[] version() throws IOException {
        return new String[] {"bpf " + Session.version()};
    }

    /** The command without a verb is a usage error. */
    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "no verb" + UsageText.expectedVerb(spec));
    }

    /** Makes an unknown argument of {@code help} a usage error too, which picocli does not. */
    private static int execute(ParseResult parsed) {
        ParseResult verb = parsed;
        while (verb.hasSubcommand()) {
            verb = verb.subcommand();
        }
        CommandLine command = verb.commandSpec().commandLine();
        if (command.getCommand() instanceof HelpCommand && !verb.unmatched().isEmpty()) {
            throw new UnmatchedArgumentException(command, verb.unmatched());
        }
        return new RunLast().execute(parsed);
    }

    private static int refuseUsage(ParameterException e, String[] args) {
        CommandLine command = e.getCommandLine();
        String name = command.getCommandSpec().qualifiedName();
        command.getErr().println(name + ": " + Printable.message(UsageText.of(e, args)));
        command.getErr().println("Try '" + name + " --help'.");
        return CommandLine.ExitCode.USAGE;
    }

    private static int refuse(Exception e, CommandLine command, ParseResult parsed) {
        String name = command.getCommandSpec().qualifiedName();
        if (e instanceof UncheckedIOException failed) {
            return outputFailed(failed, name, command.getErr());
        }
        String problem = e instanceof Refusal ? String.valueOf(e.getMessage()) : "internal error: " + e;
        command.getErr().println(name + ": " + problem);
        return 1;
    }

    /**
     * Only {@link Output} throws these. A closed pipe is no error: its reader, for example {@code head}, had enough.
     */
    private static int outputFailed(UncheckedIOException e, String name, PrintWriter err) {
        String problem = String.valueOf(e.getCause().getMessage());
        if (problem.toLowerCase(Locale.ROOT).contains("broken pipe")) {
            return 0;
        }
        err.println(name + ": standard output: " + Printable.message(problem));
        return 1;
    }
}
