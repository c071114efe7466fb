package io.github.nettybpf.tools.manual;

import java.util.List;
import java.util.stream.Collectors;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/** A completion script for fish: one {@code complete} for each verb, option and argument with known values. */
public final class FishCompletion {
    private static final String NO_VERB = "__fish_use_subcommand";

    private FishCompletion() {}

    /** {@return the script} */
    public static String of(CommandSpec command) {
        StringBuilder script = new StringBuilder("# Completions for " + command.name() + ".\n");
        String start = "complete -c " + command.name() + " -n ";
        options(script, start + NO_VERB, command);
        command.subcommands().forEach((verb, line) -> {
            CommandSpec spec = line.getCommandSpec();
            String header = Words.summary(spec.usageMessage().header());
            script.append(start + NO_VERB + " -f -a " + verb + " -d " + quoted(header) + "\n");
            String inVerb = start + "'__fish_seen_subcommand_from " + verb + "'";
            options(script, inVerb, spec);
            arguments(script, inVerb, spec);
        });
        return script.toString();
    }

    private static void options(StringBuilder script, String start, CommandSpec command) {
        for (OptionSpec option : ManPage.sorted(command)) {
            script.append(start);
            for (String name : option.names()) {
                script.append(name.startsWith("--") ? " -l " + name.substring(2) : " -s " + name.substring(1));
            }
            if (option.arity().max() > 0) {
                List<String> candidates = Words.candidates(option);
                script.append(Words.isFile(option) ? " -r -F" : " -x")
                        .append(candidates.isEmpty() ? "" : " -a " + quoted(String.join(" ", candidates)));
            }
            script.append(" -d " + quoted(Words.summary(option)) + "\n");
        }
    }

    /** Fish offers files unless it is told not to. */
    private static void arguments(StringBuilder script, String start, CommandSpec command) {
        if (command.positionalParameters().stream().noneMatch(Words::isFile)) {
            String candidates = command.positionalParameters().stream()
                    .map(FishCompletion::candidates)
                    .collect(Collectors.joining(" "));
            script.append(start + " -f" + (candidates.isEmpty() ? "" : " -a " + quoted(candidates)) + "\n");
        }
    }

    private static String candidates(PositionalParamSpec argument) {
        return String.join(" ", Words.candidates(argument));
    }

    private static String quoted(String text) {
        return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'";
    }
}
