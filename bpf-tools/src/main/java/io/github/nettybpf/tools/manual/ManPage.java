package io.github.nettybpf.tools.manual;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.Model.UsageMessageSpec;

/** The page of man(1) for a command, in the macros of man(7). It says what {@code --help} says. */
public final class ManPage {
    private static final String EXAMPLE = "Example";
    private static final String SEE_ALSO = "See also: ";

    private final CommandSpec command;
    private final String version;
    private final String date;
    private final StringBuilder page = new StringBuilder();
    private final List<String> related = new ArrayList<>();

    private ManPage(CommandSpec command, String version, String date) {
        this.command = command;
        this.version = version;
        this.date = date;
    }

    /** {@return the name of the page, which that of the file begins with: {@code bpf-run} for {@code bpf run}} */
    public static String name(CommandSpec command) {
        return command.qualifiedName("-");
    }

    /**
     * {@return the page}
     *
     * @param version the name and version of the software, for the foot of the page
     * @param date the day of the version, as 2026-11-01, which the foot shows too
     */
    public static String of(CommandSpec command, String version, String date) {
        return new ManPage(command, version, date).write();
    }

    private String write() {
        UsageMessageSpec usage = command.usageMessage();
        line(".TH " + name(command).toUpperCase(Locale.ROOT) + " 1 " + date + " \"" + roff(version)
                + "\" \"User Commands\"");
        line(".SH NAME");
        line(roff(name(command)) + " \\- "
                + roff(lowerCase(plain(usage.header()).strip())));
        synopsis();
        String description = plain(usage.description()).strip();
        if (!description.isEmpty()) {
            line(".SH DESCRIPTION");
            paragraphs(description);
        }
        arguments();
        verbs();
        exitStatus();
        footer();
        seeAlso();
        return page.toString();
    }

    private void synopsis() {
        line(".SH SYNOPSIS");
        line(".B " + roff(command.qualifiedName()));
        line("[\\fIOPTION\\fR]...");
        for (PositionalParamSpec argument : command.positionalParameters()) {
            String label = "\\fI" + roff(argument.paramLabel()) + "\\fR"
                    + (argument.arity().max() > 1 ? "..." : "");
            line(argument.arity().min() == 0 ? "[" + label + "]" : label);
        }
        if (!command.subcommands().isEmpty()) {
            line("\\fIVERB\\fR [\\fIARGUMENT\\fR]...");
        }
    }

    private void arguments() {
        if (!command.positionalParameters().isEmpty()) {
            line(".SH ARGUMENTS");
        }
        for (PositionalParamSpec argument : command.positionalParameters()) {
            line(".TP");
            line(".I " + roff(argument.paramLabel()));
            description(argument);
        }
        line(".SH OPTIONS");
        for (OptionSpec option : sorted(command)) {
            line(".TP");
            String value = option.arity().max() == 0 ? "" : "=\\fI" + roff(option.paramLabel()) + "\\fR";
            line(Arrays.stream(option.names())
                            .map(name -> "\\fB" + roff(name) + "\\fR")
                            .collect(Collectors.joining(", "))
                    + value);
            description(option);
        }
    }

    /** {@return the options by name, without hidden ones} */
    static List<OptionSpec> sorted(CommandSpec command) {
        return command.options().stream()
                .filter(option -> !option.hidden())
                .sorted(Comparator.comparing(OptionSpec::longestName))
                .toList();
    }

    private void description(ArgSpec argument) {
        String separator = "";
        for (String part : argument.description()) {
            if (!separator.isEmpty()) {
                line(separator);
            }
            line(text(formatted(part)));
            separator = ".br";
        }
    }

    private void verbs() {
        if (command.subcommands().isEmpty()) {
            return;
        }
        line(".SH VERBS");
        for (Map.Entry<String, CommandLine> verb : command.subcommands().entrySet()) {
            CommandSpec spec = verb.getValue().getCommandSpec();
            line(".TP");
            line(".BR " + roff(name(spec)) + " (1)");
            line(text(plain(spec.usageMessage().header()).strip()));
            related.add(name(spec));
        }
    }

    private void exitStatus() {
        Map<String, String> codes = command.usageMessage().exitCodeList();
        if (codes.isEmpty()) {
            return;
        }
        line(".SH EXIT STATUS");
        codes.forEach((code, meaning) -> {
            line(".TP");
            line(".B " + code.strip());
            line(text(meaning));
        });
    }

    /** The examples, and then what is written before and after them. */
    private void footer() {
        List<String> notes = new ArrayList<>();
        boolean inExamples = false;
        for (String block : plain(command.usageMessage().footer()).strip().split("\n\n+", -1)) {
            if (block.startsWith(EXAMPLE)) {
                line(".SH EXAMPLES");
                verbatim(block.substring(block.indexOf('\n') + 1));
                inExamples = true;
            } else if (block.startsWith(SEE_ALSO)) {
                related.add(0, block.substring(SEE_ALSO.length()));
            } else if (inExamples && block.startsWith(" ")) {
                line(".PP");
                verbatim(block);
            } else if (!block.isBlank()) {
                notes.add(block);
            }
        }
        if (!notes.isEmpty()) {
            line(".SH NOTES");
            paragraphs(String.join("\n\n", notes));
        }
    }

    private void seeAlso() {
        line(".SH SEE ALSO");
        boolean hasText = !related.isEmpty() && related.get(0).indexOf(' ') >= 0;
        if (hasText) {
            line(text(related.get(0)));
            line(".PP");
        }
        List<String> pages = new ArrayList<>(hasText ? List.of() : related);
        if (command.parent() != null) {
            pages.add(name(command.parent()));
        }
        pages.add("pcap-filter");
        for (int i = 0; i < pages.size(); i++) {
            String section = pages.get(i).equals("pcap-filter") ? "(7)" : "(1)";
            line(".BR " + roff(pages.get(i)) + " " + section + (i < pages.size() - 1 ? "," : ""));
        }
    }

    /** A block whose lines are aligned by blanks stays as it is, and others are filled. */
    private void paragraphs(String text) {
        boolean isFirst = true;
        for (String block : text.split("\n\n+", -1)) {
            if (!isFirst) {
                line(".PP");
            }
            if (block.lines().anyMatch(line -> line.strip().contains("  ") || line.startsWith(" "))) {
                verbatim(block);
            } else {
                line(text(block));
            }
            isFirst = false;
        }
    }

    private void verbatim(String block) {
        line(".nf");
        block.lines().forEach(line -> line(guarded(roff(line))));
        line(".fi");
    }

    private static String text(String block) {
        return block.lines().map(line -> guarded(roff(line.strip()))).collect(Collectors.joining("\n"));
    }

    /** Keeps a line of text from being a request. */
    private static String guarded(String line) {
        return line.startsWith(".") || line.startsWith("'") ? "\\&" + line : line;
    }

    private static String roff(String text) {
        return text.replace("\\", "\\e")
                .replace("-", "\\-")
                .replace("^", "\\(ha")
                .replace("~", "\\(ti");
    }

    private static String plain(String[] lines) {
        return formatted(String.join("\n", lines));
    }

    /** {@return the text of an annotation as picocli shows it: a percent sign is written twice there} */
    static String formatted(String text) {
        return String.format(Locale.ROOT, text);
    }

    private static String lowerCase(String sentence) {
        String start = sentence.endsWith(".") ? sentence.substring(0, sentence.length() - 1) : sentence;
        return start.isEmpty() ? "" : Character.toLowerCase(start.charAt(0)) + start.substring(1);
    }

    private void line(String text) {
        page.append(text).append('\n');
    }
}
