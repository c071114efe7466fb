package io.github.nettybpf.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The documents: their links lead somewhere, and the commands of the README print what it says. */
class DocumentsTest {
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

    /** A target in parentheses, after a text in brackets. */
    private static final Pattern LINK = Pattern.compile("\\]\\(([^)\\s]+)\\)");

    private static final Pattern WORD = Pattern.compile("'([^']*)'|(\\S+)");

    private static List<Path> documents() throws IOException {
        List<Path> documents = new ArrayList<>();
        for (Path folder : List.of(ROOT, ROOT.resolve("docs"))) {
            try (Stream<Path> files = Files.list(folder)) {
                files.filter(file -> file.toString().endsWith(".md")).sorted().forEach(documents::add);
            }
        }
        return documents;
    }

    @Test
    void linksLeadToFilesAndHeadings() throws IOException {
        List<String> broken = new ArrayList<>();
        int links = 0;
        for (Path document : documents()) {
            for (MatchResult link :
                    LINK.matcher(Files.readString(document)).results().toList()) {
                String target = link.group(1);
                if (target.startsWith("https://")) {
                    continue;
                }
                links++;
                int hash = target.indexOf('#');
                String file = hash < 0 ? target : target.substring(0, hash);
                Path linked = file.isEmpty()
                        ? document
                        : document.resolveSibling(file).normalize();
                if (!Files.exists(linked) || (hash >= 0 && !headings(linked).contains(target.substring(hash + 1)))) {
                    broken.add(ROOT.relativize(document) + ": " + target);
                }
            }
        }
        assertEquals(List.of(), broken);
        assertTrue(links > 70, "links: " + links);
    }

    /** {@return the anchors that GitHub makes of the headings} */
    private static Set<String> headings(Path document) throws IOException {
        Set<String> anchors = new HashSet<>();
        for (String line : Files.readAllLines(document)) {
            if (line.startsWith("#")) {
                anchors.add(line.replaceFirst("#+ ", "")
                        .toLowerCase(Locale.ROOT)
                        .replaceAll("[^\\w\\- ]", "")
                        .replace(' ', '-'));
            }
        }
        return anchors;
    }

    /** Each is an indented line that begins with {@code $ ./bpf}; what it prints follows, up to an empty line. */
    @Test
    void theCommandsOfTheReadmePrintWhatItSays() throws IOException {
        List<String> lines = Files.readAllLines(ROOT.resolve("README.md"));
        int commands = 0;
        for (int i = 0; i < lines.size(); i++) {
            if (!lines.get(i).startsWith("    $ ./bpf ")) {
                continue;
            }
            StringBuilder expected = new StringBuilder();
            for (int j = i + 1; j < lines.size() && lines.get(j).startsWith("    "); j++) {
                expected.append(lines.get(j).substring(4)).append('\n');
            }
            String docs = ROOT.resolve("docs") + "/";
            Command printed = Command.run(
                    "", words(lines.get(i).substring("    $ ./bpf ".length()).replace("docs/", docs)));
            assertEquals(expected.toString(), printed.out().replace(docs, "docs/"), lines.get(i));
            assertEquals("", printed.err(), lines.get(i));
            commands++;
        }
        assertTrue(commands >= 3, "commands: " + commands);
    }

    /** {@return the words of a command line, in which quotes are single} */
    private static String[] words(String line) {
        List<String> words = new ArrayList<>();
        Matcher matcher = WORD.matcher(line);
        while (matcher.find()) {
            words.add(matcher.group(1) == null ? matcher.group(2) : matcher.group(1));
        }
        return words.toArray(String[]::new);
    }
}
