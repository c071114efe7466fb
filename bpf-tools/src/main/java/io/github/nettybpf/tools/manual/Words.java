package io.github.nettybpf.tools.manual;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;

/** What both completion scripts say of options and arguments. */
final class Words {
    /** What comes before a list of values, more detail or the end of the first sentence. */
    private static final Pattern START = Pattern.compile("(?s)(.*?)(?:[.;:](?:\\s.*)?| \\(.*|$)");

    private Words() {}

    /** {@return what an option is for, in a few words} A description in several parts lists the values, one a part. */
    static String summary(OptionSpec option) {
        String[] description = option.description();
        return description.length > 1 ? option.paramLabel() : summary(description);
    }

    /** {@return the start of a description, in one line} */
    static String summary(String... description) {
        String text = ManPage.formatted(String.join(" ", description)).strip();
        Matcher matcher = START.matcher(text);
        return (matcher.matches() ? matcher.group(1) : text).replaceAll("\\s+", " ");
    }

    /** {@return the values that an option or argument can have, or none if they cannot be listed} */
    static List<String> candidates(ArgSpec argument) {
        List<String> candidates = new ArrayList<>();
        Iterable<String> known = argument.completionCandidates();
        if (known != null) {
            known.forEach(candidates::add);
        }
        return candidates;
    }

    /** {@return whether the value can be the name of a file} */
    static boolean isFile(ArgSpec argument) {
        return switch (argument.paramLabel()) {
            case "FILE", "NAME=FILE", "CAPTURE", "PACKET", "PROGRAM", "INPUT", "OUTPUT" -> true;
            default -> false;
        };
    }
}
