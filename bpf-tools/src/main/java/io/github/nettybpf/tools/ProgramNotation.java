package io.github.nettybpf.tools;

import io.github.nettybpf.core.ProgramFormat;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that say what a PROGRAM is, if that is not to be detected. */
public final class ProgramNotation {
    @Option(
            names = {"-e", "--expression"},
            description = "PROGRAM is an expression, or a file with one, whatever it looks like.")
    private boolean isExpression;

    @Option(
            names = "--notation",
            paramLabel = "NOTATION",
            converter = FormatName.class,
            completionCandidates = FormatName.class,
            description =
                    "The notation of PROGRAM: asm, listing, bytecode, c, ddd or hex (default: detected from its beginning).")
    private @Nullable ProgramFormat notation;

    /** Options that picocli sets. */
    public ProgramNotation() {}

    /**
     * {@return what the argument stands for}
     *
     * @throws Refusal if both options were given, or as {@link AnyProgram#of} does
     */
    public AnyProgram read(String argument, InputStream standardInput) throws Refusal {
        if (isExpression && notation != null) {
            throw Refusal.ofUsage("--expression and --notation (expected: one of them)");
        }
        return isExpression
                ? AnyProgram.ofExpression(argument, standardInput)
                : AnyProgram.of(argument, standardInput, notation);
    }
}
