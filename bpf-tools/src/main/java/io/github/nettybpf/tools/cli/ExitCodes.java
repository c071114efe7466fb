package io.github.nettybpf.tools.cli;

import io.github.nettybpf.tools.Output;
import io.github.nettybpf.tools.Printable;
import io.github.nettybpf.tools.Refusal;
import io.github.nettybpf.tools.Session;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.util.Locale;
import java.util.Objects;
import picocli.CommandLine;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IExecutionStrategy;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.RunLast;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * Runs the verb that was parsed, and turns what it throws into messages and exit codes.
 *
 * <p>Method references would be shorter than a class. But picocli's interfaces are class files of Java 5, and a class-data
 * archive can hold none of those once a method reference has linked it: the command would start 50 ms later.
 */
final class ExitCodes
        implements IExecutionStrategy, IParameterExceptionHandler, IExecutionExceptionHandler, IVersionProvider {
    private static final int FAILED = 1;

    @Override
    public String[] getVersion() {
        return new String[] {"bpf " + Session.version()};
    }

    /** Makes an unknown argument of {@code help} a usage error too, which picocli does not. */
    @Override
    public int execute(ParseResult parsed) {
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

    @Override
    public int handleParseException(ParameterException e, String[] args) {
        CommandLine command = e.getCommandLine();
        return refuseUsage(command, Printable.message(UsageText.of(e, args)));
    }

    private static int refuseUsage(CommandLine command, String problem) {
        String name = command.getCommandSpec().qualifiedName();
        command.getErr().println(name + ": " + problem);
        command.getErr().println("Try '" + name + " --help'.");
        return CommandLine.ExitCode.USAGE;
    }

    @Override
    public int handleExecutionException(Exception e, CommandLine command, ParseResult parsed) {
        String name = command.getCommandSpec().qualifiedName();
        if (e instanceof UncheckedIOException failed) {
            return outputFailed(failed, name, command.getErr());
        }
        String problem = e instanceof Refusal ? String.valueOf(e.getMessage()) : "internal error: " + e;
        if (e instanceof Refusal refusal && refusal.isUsageError()) {
            return refuseUsage(command, problem);
        }
        command.getErr().println(name + ": " + problem);
        return FAILED;
    }

    /**
     * {@return the exit code after standard output failed} Only {@link Output} throws these. A closed pipe is no error: its
     * reader, for example {@code head}, had enough.
     */
    static int outputFailed(UncheckedIOException e, String name, PrintWriter err) {
        String problem = String.valueOf(Objects.requireNonNull(e.getCause()).getMessage());
        if (problem.toLowerCase(Locale.ROOT).contains("broken pipe")) {
            return CommandLine.ExitCode.OK;
        }
        err.println(name + ": standard output: " + Printable.message(problem));
        return FAILED;
    }
}
