package io.github.nettybpf.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvFileSource;

/** What javadoc makes of {@code {@return ...}} reads as a sentence, in the sources of all modules. */
class DocumentedSentencesTest {
    @ParameterizedTest(name = "{0}")
    @CsvFileSource(resources = "return-sentences.txt", delimiter = '|', quoteCharacter = '`', emptyValue = "")
    void findsWhatIsBroken(String rule, String source, String problem) {
        List<String> expected = problem == null ? List.of() : List.of(problem);
        List<String> found = ReturnSentences.broken(source.translateEscapes()).stream()
                .map(ReturnSentences.Finding::toString)
                .toList();
        assertEquals(expected, found);
    }

    @Test
    void everySentenceOfTheProjectIsWhole() throws IOException {
        Path root = Path.of("").toAbsolutePath().getParent();
        assertTrue(Files.exists(root.resolve("bpf-tools/pom.xml")), () -> "not the root of the project: " + root);
        List<String> broken = new ArrayList<>();
        int sources = 0;
        for (Path source : sources(root)) {
            sources++;
            for (ReturnSentences.Finding finding : ReturnSentences.broken(Files.readString(source))) {
                broken.add(root.relativize(source) + ":" + finding);
            }
        }
        assertTrue(sources > 200, sources + " sources");
        assertTrue(broken.isEmpty(), () -> broken.size() + " broken sentences:\n" + String.join("\n", broken));
    }

    private static List<Path> sources(Path root) throws IOException {
        List<Path> sources = new ArrayList<>();
        try (Stream<Path> modules = Files.list(root)) {
            for (Path main : modules.map(module -> module.resolve("src/main/java"))
                    .filter(Files::isDirectory)
                    .sorted()
                    .collect(Collectors.toList())) {
                try (Stream<Path> files = Files.walk(main)) {
                    files.filter(file -> file.toString().endsWith(".java"))
                            .sorted()
                            .forEach(sources::add);
                }
            }
        }
        return sources;
    }
}
