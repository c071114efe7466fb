package io.github.nettybpf.tools.cli;

import io.github.nettybpf.tools.UnquotedExpression;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.OverwrittenOptionException;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.TypeConversionException;
import picocli.CommandLine.UnmatchedArgumentException;

/** Says what is wrong with arguments in the form of all other messages, not in that of picocli. */
final class UsageText {
    /** What is expected where a verb is missing. */
    static final String EXPECTED_VERB = expectedVerb("");

    private static final String PROGRAM = "PROGRAM";

    private UsageText() {}

    /**
     * {@return the message for a usage error}
     *
     * @param args all arguments of the command, the verb included
     */
    static String of(ParameterException e, String[] args) {
        CommandSpec command = e.getCommandLine().getCommandSpec();
        ArgSpec argument = e.getArgSpec();
        if (e instanceof UnmatchedArgumentException unmatched) {
            return unmatched(command, unmatched, Arrays.asList(args));
        } else if (e instanceof MissingParameterException missing) {
            return missing(command, missing.getMissing());
        } else if (e instanceof OverwrittenOptionException twice) {
            return name(twice.getOverwritten()) + ": given twice (expected: once)";
        } else if (argument != null && e.getCause() instanceof TypeConversionException problem) {
            return name(argument) + ": " + problem.getMessage();
        } else if (argument == null && e.getValue() != null) {
            return "'" + e.getValue() + "'" + expectedVerb(e.getValue());
        }
        return String.valueOf(e.getMessage());
    }

    private static String expectedVerb(String word) {
        return " (expected: " + String.join(", ", Verbs.NAMES) + Nearest.suggestion(word, Verbs.NAMES) + ")";
    }

    private static String unmatched(CommandSpec command, UnmatchedArgumentException e, List<String> args) {
        String first = e.getUnmatched().get(0);
        if (e.isUnknownOption()) {
            List<String> options = command.options().stream()
                    .filter(option -> !option.hidden())
                    .map(OptionSpec::longestName)
                    .sorted()
                    .toList();
            String name = first.replaceFirst("=.*", "");
            return "'" + first + "' (expected: " + String.join(", ", options) + Nearest.suggestion(name, options) + ")";
        } else if (command.parent() == null) {
            return "'" + first + "'" + expectedVerb(first);
        }
        List<PositionalParamSpec> known = command.positionalParameters();
        if (known.isEmpty()) {
            return "'" + first + "' (expected: no argument)";
        }
        return "'" + first + "' (expected: nothing after "
                + known.get(known.size() - 1).paramLabel() + unquoted(known, first, args) + ")";
    }

    private static String unquoted(List<PositionalParamSpec> known, String first, List<String> args) {
        int start = args.indexOf(first) - known.size();
        if (start < 0 || !known.get(0).paramLabel().equals(PROGRAM)) {
            return "";
        }
        return UnquotedExpression.of(args.subList(start, args.size()))
                .map(expression -> "; an expression is one argument, '" + expression + "'")
                .orElse("");
    }

    private static String missing(CommandSpec command, List<ArgSpec> missing) {
        ArgSpec first = missing.get(0);
        if (first.isOption()) {
            return name(first) + ": no value (expected: " + first.paramLabel() + ")";
        }
        return "no " + first.paramLabel() + " (expected: "
                + command.positionalParameters().stream()
                        .flatMap(UsageText::label)
                        .collect(Collectors.joining(" "))
                + ")";
    }

    private static Stream<String> label(PositionalParamSpec argument) {
        boolean isRequired = argument.arity().min() > 0;
        return isRequired ? Stream.of(argument.paramLabel() + (argument.arity().max() > 1 ? "..." : "")) : Stream.of();
    }

    private static String name(ArgSpec argument) {
        return argument instanceof OptionSpec option ? option.longestName() : argument.paramLabel();
    }
}
