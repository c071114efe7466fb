package io.github.nettybpf.tools.cli;

import io.github.nettybpf.tools.Session;
import io.github.nettybpf.tools.manual.FishCompletion;
import io.github.nettybpf.tools.manual.ZshCompletion;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** {@code bpf completion}: writes a completion script for shells. */
@Command(
        name = "completion",
        mixinStandardHelpOptions = true,
        header = "Writes a completion script for bash, zsh or fish.",
        description = """

                With the script, the shell completes verbs, options, values of options, and file names \
                when Tab is pressed after 'bpf'. Zsh and fish also show what each is for.
                """,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:written", "2:usage error"},
        footer = """

                Examples:
                  $ source <(bpf completion)
                  $ bpf completion > /etc/bash_completion.d/bpf
                  $ bpf completion zsh > "${fpath[1]}/_bpf"
                  $ bpf completion fish > ~/.config/fish/completions/bpf.fish""")
public final class Completion implements Callable<Integer> {
    private static final String BASH = "bash";
    private static final String ZSH = "zsh";
    private static final String FISH = "fish";

    private final Session session;

    @Spec
    private CommandSpec spec;

    @Parameters(
            paramLabel = "SHELL",
            arity = "0..1",
            converter = Shell.class,
            completionCandidates = Shell.class,
            defaultValue = BASH,
            description = "bash, zsh or fish (default: ${DEFAULT-VALUE}).")
    private String shell = BASH;

    public Completion(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        session.out().print(script(spec.root(), shell));
        return 0;
    }

    /** {@return the script of the command for a shell} */
    static String script(CommandSpec root, String shell) {
        return switch (shell) {
            case ZSH -> ZshCompletion.of(root);
            case FISH -> FishCompletion.of(root);
            default -> AutoComplete.bash(root.name(), root.commandLine());
        };
    }

    /** Parses the name of a shell, and lists the names for completion. */
    static final class Shell implements ITypeConverter<String>, Iterable<String> {
        private static final List<String> NAMES = List.of(BASH, ZSH, FISH);

        @Override
        public Iterator<String> iterator() {
            return NAMES.iterator();
        }

        @Override
        public String convert(String name) {
            if (!NAMES.contains(name)) {
                throw new TypeConversionException("'" + name + "' (expected: bash, zsh or fish)");
            }
            return name;
        }
    }
}
