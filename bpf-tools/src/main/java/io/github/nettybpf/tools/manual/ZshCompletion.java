package io.github.nettybpf.tools.manual;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/** A completion script for zsh, in the form of a function for {@code _arguments}. */
public final class ZshCompletion {
    private ZshCompletion() {}

    /** {@return the script} It is autoloaded as {@code _bpf}, and works if it is sourced, too. */
    public static String of(CommandSpec command) {
        String name = command.name();
        StringBuilder script = new StringBuilder("#compdef " + name + "\n\n_" + name + "() {\n");
        script.append("    local curcontext=$curcontext state line\n    local -a verbs\n    verbs=(\n");
        for (Map.Entry<String, CommandLine> verb : command.subcommands().entrySet()) {
            String header = Words.summary(
                    verb.getValue().getCommandSpec().usageMessage().header());
            script.append("        ")
                    .append(quoted(verb.getKey() + ":" + header))
                    .append('\n');
        }
        script.append("    )\n    _arguments -C");
        append(script, "        ", options(command));
        script.append(" \\\n        '1:verb:->verb' \\\n        '*::argument:->argument' && return 0\n");
        script.append("    case $state in\n        verb)\n            _describe verb verbs\n            ;;\n");
        script.append("        argument)\n            case $line[1] in\n");
        command.subcommands().forEach((verb, line) -> {
            script.append("                ").append(verb).append(")\n                    _arguments");
            append(script, "                        ", options(line.getCommandSpec()));
            append(script, "                        ", arguments(line.getCommandSpec()));
            script.append("\n                    ;;\n");
        });
        script.append("            esac\n            ;;\n    esac\n}\n\n");
        // Autoloaded, the file is the body of the function, which the completion system then calls.
        script.append("if [ \"$funcstack[1]\" = _" + name + " ]; then\n    _" + name + " \"$@\"\nelse\n    compdef _")
                .append(name + " " + name + "\nfi\n");
        return script.toString();
    }

    private static void append(StringBuilder script, String indent, List<String> specs) {
        specs.forEach(spec -> script.append(" \\\n").append(indent).append(spec));
    }

    private static List<String> options(CommandSpec command) {
        List<String> specs = new ArrayList<>();
        for (OptionSpec option : ManPage.sorted(command)) {
            String all = String.join(" ", option.names());
            for (String name : option.names()) {
                boolean takesValue = option.arity().max() > 0;
                boolean isLong = name.startsWith("--");
                String repeated = option.isMultiValue() ? "*" : "(" + all + ")";
                String text = repeated + name + (takesValue ? isLong ? "=" : "+" : "") + "["
                        + escaped(Words.summary(option)) + "]" + (takesValue ? value(option) : "");
                specs.add(quoted(text));
            }
        }
        return specs;
    }

    private static List<String> arguments(CommandSpec command) {
        List<String> specs = new ArrayList<>();
        int position = 1;
        for (PositionalParamSpec argument : command.positionalParameters()) {
            boolean isLast = argument.arity().max() > 1;
            specs.add(quoted((isLast ? "*" : String.valueOf(position)) + value(argument)));
            position++;
        }
        return specs;
    }

    private static String value(ArgSpec argument) {
        List<String> candidates = Words.candidates(argument);
        String action = Words.isFile(argument)
                ? "_files"
                : candidates.isEmpty() ? " " : "(" + escaped(String.join(" ", candidates)) + ")";
        return ":" + escaped(argument.paramLabel()) + ":" + action;
    }

    private static String escaped(String text) {
        return text.replace("\\", "\\\\")
                .replace("[", "\\[")
                .replace("]", "\\]")
                .replace(":", "\\:");
    }

    private static String quoted(String text) {
        return "'" + text.replace("'", "'\\''") + "'";
    }
}
