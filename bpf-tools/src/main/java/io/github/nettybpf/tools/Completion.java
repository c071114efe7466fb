package io.github.nettybpf.tools;

import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code bpf completion}: what makes a shell complete the verbs and options. */
@Command(
        name = "completion",
        mixinStandardHelpOptions = true,
        versionProvider = Bpf.Version.class,
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
final class Completion implements Callable<Integer> {
    @ParentCommand
    private Bpf bpf;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        bpf.out.print(AutoComplete.bash("bpf", spec.root().commandLine()));
        return 0;
    }
}
