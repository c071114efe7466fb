package io.github.nettybpf.tools;

import picocli.CommandLine.Parameters;

/** The {@code PROGRAM} argument of a verb that needs one. */
public final class ProgramArgument extends ProgramOptions {
    @Parameters(
            index = "0",
            paramLabel = "PROGRAM",
            description = "A file, - for standard input, or the text itself: a program in any notation that bpf disasm"
                    + " reads, or a filter expression.")
    private String argument = "-";

    @Override
    public String text() {
        return argument;
    }
}
