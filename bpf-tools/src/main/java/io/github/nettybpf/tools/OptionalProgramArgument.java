package io.github.nettybpf.tools;

import picocli.CommandLine.Parameters;

/** The {@code PROGRAM} argument of a verb that reads standard input if it is left out. */
public final class OptionalProgramArgument extends ProgramOptions {
    @Parameters(
            index = "0",
            paramLabel = "PROGRAM",
            arity = "0..1",
            defaultValue = "-",
            description =
                    "A file, the text itself, or standard input if it is - or left out: a program in any notation,"
                            + " or a filter expression.")
    private String argument = "-";

    @Override
    public String text() {
        return argument;
    }
}
