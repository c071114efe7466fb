package io.github.nettybpf.examples;

import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** How the programs start and end: {@code --help} is help, a usage error ends them with 2, another with 1. */
public final class CommandLines {
    private CommandLines() {}

    /** {@return the exit code of a program that is run with these arguments} */
    public static int run(Callable<Integer> program, String... args) {
        return new CommandLine(program)
                .setExpandAtFiles(false)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setParameterExceptionHandler(CommandLines::refuseUsage)
                .setExecutionExceptionHandler((e, failed, parsed) -> {
                    failed.getErr().println(e.getMessage());
                    return CommandLine.ExitCode.SOFTWARE;
                })
                .execute(args);
    }

    private static int refuseUsage(ParameterException e, String[] args) {
        PrintWriter err = e.getCommandLine().getErr();
        err.println(e.getMessage());
        err.println("Try '" + e.getCommandLine().getCommandName() + " --help'.");
        return CommandLine.ExitCode.USAGE;
    }
}
