package io.github.nettybpf.tools;

import picocli.CommandLine.Option;

/** The option {@code --json}. */
public final class JsonOption {
    @Option(
            names = "--json",
            description = "Write the result as JSON, for other programs: docs/tools.md has the members.")
    private boolean asked;

    /** An option that picocli sets. */
    public JsonOption() {}

    /** {@return whether the result is to be written as JSON} */
    public boolean isAsked() {
        return asked;
    }
}
