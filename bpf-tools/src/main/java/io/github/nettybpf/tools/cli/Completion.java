package io.github.nettybpf.tools.cli;

import io.github.nettybpf.tools.Session;
import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code bpf completion}: writes a completion script for shells. */
@Command(
        name = "completion",
        mixinStandardHelpOptions = true,
        header = "Writes a completion script for bash and zsh.",
        description = """

                With the script, the shell completes verbs, options, values of options, and file names \
                when Tab is pressed after 'bpf'. In zsh, run 'autoload -U +X bashcompinit && \
                bashcompinit' before it.
                """,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:written", "2:usage error"},
        footer = """

                Examples:
                  $ source <(bpf completion)
                  $ bpf completion > /etc/bash_completion.d/bpf""")
public final class Completion implements Callable<Integer> {
    private final Session session;

    @Spec
    private CommandSpec spec;

    public Completion(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        session.out().print(AutoComplete.bash("bpf", spec.root().commandLine()));
        return 0;
    }
}
