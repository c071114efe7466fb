package io.github.nettybpf.tools;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.RunLast;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;

/** The {@code bpf} command, whose verbs are its subcommands. */
@Command(
        name = "bpf",
        mixinStandardHelpOptions = true,
        versionProvider = Bpf.Version.class,
        subcommands = {
            Asm.class,
            Compile.class,
            Dbg.class,
            Disasm.class,
            Check.class,
            Eval.class,
            Explain.class,
            Graph.class,
            Jit.class,
            Run.class,
            Bench.class,
            Completion.class,
            HelpCommand.class
        },
        header = "Works on classic BPF programs, which mean here what they mean to the Linux kernel.",
        synopsisSubcommandLabel = "VERB",
        commandListHeading = "%nVerbs:%n",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:done, also where whoever read the output wanted no more of it",
            "1:a bad program, or input or output that failed",
            "2:a command line that makes no sense"
        },
        footer = {
            "",
            "A program is read from FILE; from standard input where FILE is - or left out.",
            "Where it is called PROGRAM it can also stand in the command line, or be an",
            "expression.",
            "",
            "Examples:",
            "  $ tcpdump -ddd arp | bpf disasm",
            "  $ bpf run 'tcp port 179' monday.pcap",
            "",
            "'bpf help VERB' tells more about a verb."
        })
public final class Bpf implements Runnable {
    /** The version of the build. */
    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() throws IOException {
            try (InputStream version = Bpf.class.getResourceAsStream("version.txt")) {
                String number = version == null ? "" : new String(version.readAllBytes(), StandardCharsets.UTF_8);
                return new String[] {"bpf " + number.strip()};
            }
        }
    }

    /** Where the programs come from, unless a file is named. */
    final InputStream in;

    /** Where the answers go. */
    final Output out;

    /** Whether standard error is a terminal, which takes a progress bar. */
    final boolean isTerminal;

    @Spec
    private CommandSpec spec;

    private Bpf(InputStream in, Output out, boolean isTerminal) {
        this.in = in;
        this.out = out;
        this.isTerminal = isTerminal;
        this.spec = CommandSpec.create();
    }

    /**
     * Runs the command in this process, and ends it.
     *
     * @param args the arguments
     */
    public static void main(String[] args) {
        OutputStream out = new FileOutputStream(FileDescriptor.out);
        OutputStream err = new FileOutputStream(FileDescriptor.err);
        System.exit(run(System.in, out, err, Progress.isTerminal(), args));
    }

    /**
     * Runs the command. Closes none of the streams.
     *
     * @return the exit code: 0, 1 or 2
     */
    static int run(InputStream in, OutputStream out, OutputStream err, String... args) {
        return run(in, out, err, false, args);
    }

    private static int run(InputStream in, OutputStream out, OutputStream err, boolean isTerminal, String[] args) {
        Locale.setDefault(Locale.ROOT); // or numbers would be in the digits of the user's language
        Output output = new Output(out);
        StringWriter help = new StringWriter();
        CommandLine commands = new CommandLine(new Bpf(in, output, isTerminal))
                .setOut(new PrintWriter(help))
                .setErr(new PrintWriter(err, true, StandardCharsets.UTF_8))
                .setColorScheme(CommandLine.Help.defaultColorScheme(Ansi.OFF))
                .setExpandAtFiles(false)
                .setExecutionStrategy(Bpf::execute)
                .setParameterExceptionHandler(Bpf::refuseUsage)
                .setExecutionExceptionHandler(Bpf::refuse);
        try {
            int code = commands.execute(args);
            output.print(help.toString());
            output.flush();
            return code;
        } catch (UncheckedIOException e) {
            return outputFailed(e, "bpf", commands.getErr());
        } catch (OutOfMemoryError e) {
            commands.getErr().println("bpf: out of memory (JAVA_TOOL_OPTIONS=-Xmx512m gives more)");
            return 1;
        }
    }

    /** Asks for a verb: the command alone does nothing. */
    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(),
                "no verb (expected: " + String.join(", ", spec.subcommands().keySet()) + ")");
    }

    /** What help does not know is no better than what other verbs do not know. */
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
        command.getErr().println(name + ": " + Printable.message(e.getMessage()));
        command.getErr().println("Try '" + name + " --help'.");
        return CommandLine.ExitCode.USAGE;
    }

    private static int refuse(Exception e, CommandLine command, ParseResult parsed) {
        String name = command.getCommandSpec().qualifiedName();
        if (e instanceof UncheckedIOException failed) {
            return outputFailed(failed, name, command.getErr());
        }
        String problem = e instanceof Refusal ? String.valueOf(e.getMessage()) : "a mistake of this tool: " + e;
        command.getErr().println(name + ": " + problem);
        return 1;
    }

    /** Only {@link Output} throws these. A reader that has gone, as {@code head} does, wants no message. */
    private static int outputFailed(UncheckedIOException e, String name, PrintWriter err) {
        String problem = String.valueOf(e.getCause().getMessage());
        if (problem.toLowerCase(Locale.ROOT).contains("broken pipe")) {
            return 0;
        }
        err.println(name + ": standard output: " + Printable.message(problem));
        return 1;
    }
}
