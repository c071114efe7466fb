package io.github.nettybpf.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.yaml.snakeyaml.Yaml;

/** The files for GitHub: that they are YAML, and that the workflows do nothing that .ci/run does not. */
class WorkflowsTest {
    private static final Path FOLDER = Path.of("../.github");

    static List<Path> files() throws IOException {
        try (Stream<Path> all = Files.walk(FOLDER)) {
            return all.filter(Files::isRegularFile).sorted().toList();
        }
    }

    private static JsonNode read(Path file) throws IOException {
        try (Reader reader = Files.newBufferedReader(file)) {
            Map<?, ?> map = assertInstanceOf(Map.class, new Yaml().load(reader), file.toString());
            return new ObjectMapper().valueToTree(map);
        }
    }

    @ParameterizedTest
    @MethodSource("files")
    void eachFileIsAMapOfYaml(Path file) throws IOException {
        assertEquals(false, read(file).isEmpty());
    }

    @Test
    void theseAreThere() throws IOException {
        assertEquals(
                List.of(
                        "ISSUE_TEMPLATE/bug.yml",
                        "ISSUE_TEMPLATE/config.yml",
                        "ISSUE_TEMPLATE/feature.yml",
                        "dependabot.yml",
                        "workflows/build.yml",
                        "workflows/soak.yml"),
                files().stream().map(each -> FOLDER.relativize(each).toString()).toList());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "build | .ci/run      | {\"java\":[17,21,25],\"machine\":[\"ubuntu-24.04\",\"ubuntu-24.04-arm\"]}",
                "soak  | .ci/run soak | {\"machine\":[\"ubuntu-24.04\",\"ubuntu-24.04-arm\"]}"
            })
    void workflowsOnlyCallTheScript(String name, String script, String matrix) throws IOException {
        JsonNode job = read(FOLDER.resolve("workflows").resolve(name + ".yml"))
                .get("jobs")
                .get(name);
        assertEquals(matrix, job.get("strategy").get("matrix").toString());
        List<String> does = new ArrayList<>();
        job.get("steps")
                .forEach(step ->
                        does.add(step.path("uses").asText() + step.path("run").asText()));
        assertEquals(
                List.of(
                        "actions/checkout@v4",
                        "actions/setup-java@v4",
                        "sudo --preserve-env=CI,JAVA_HOME,PATH env \"PATH=$PATH\" " + script),
                does);
    }
}
