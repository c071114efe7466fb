package io.github.nettybpf.tools.cli;

import io.github.nettybpf.tools.Refusal;
import io.github.nettybpf.tools.Session;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

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
        try {
            int code = execute(session, args);
            session.out().flush();
            return code;
        } catch (UncheckedIOException e) {
            return ExitCodes.outputFailed(e, "bpf", session.err());
        } catch (OutOfMemoryError e) {
            session.err().println("bpf: out of memory (JAVA_TOOL_OPTIONS=-Xmx512m gives more)");
            return 1;
        }
    }

    private static int execute(Session session, String[] args) {
        // Without picocli, which would take longer to read the annotations of this class than all the rest takes.
        if (args.length == 1 && (args[0].equals("--version") || args[0].equals("-V"))) {
            session.out().print("bpf " + Session.version() + "\n");
            return 0;
        }
        CommandLine commands = commands(session, Verbs.wanted(args));
        StringWriter help = new StringWriter();
        int code = commands.setOut(new PrintWriter(help)).execute(args);
        session.out().print(help.toString());
        return code;
    }

    /** {@return the command with some of its verbs} */
    static CommandLine commands(Session session, List<String> verbs) {
        CommandLine commands = new CommandLine(new Bpf());
        ExitCodes exitCodes = new ExitCodes();
        for (String name : verbs) {
            CommandLine verb = new CommandLine(Verbs.of(name, session));
            verb.getCommandSpec().versionProvider(exitCodes);
            commands.addSubcommand(verb);
        }
        commands.getCommandSpec().versionProvider(exitCodes);
        return commands.setErr(session.err())
                .setColorScheme(CommandLine.Help.defaultColorScheme(Ansi.OFF))
                .setExpandAtFiles(false)
                .setExecutionStrategy(exitCodes)
                .setParameterExceptionHandler(exitCodes)
                .setExecutionExceptionHandler(exitCodes);
    }

    /** The command without a verb is a usage error. */
    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "no verb" + UsageText.EXPECTED_VERB);
    }
}
