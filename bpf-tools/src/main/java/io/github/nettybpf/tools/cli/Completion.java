package io.github.nettybpf.tools.cli;

import io.github.nettybpf.tools.Session;
import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code bpf completion}: what makes a shell complete the verbs and options. */
@Command(
        name = "completion",
        mixinStandardHelpOptions = true,
        header = "Writes a script by which bash and zsh complete the bpf command.",
        description = """

                The script makes the shell complete verbs, options, the values of options, and files \
                when Tab is pressed behind 'bpf'. In zsh, run 'autoload -U +X bashcompinit && \
                bashcompinit' before it.
                """,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:written", "2:usage"},
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
