package io.github.nettybpf.expression;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.nettybpf.core.NativeImageMetadata;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The metadata of bpf-expression for native images of GraalVM. */
class NativeImageTest {
    private static final String TABLES = "io/github/nettybpf/expression/parse";

    @Test
    void hasTheTablesOfNames() throws IOException {
        assertEquals(
                Set.of("NameTables: Class.getResourceAsStream"),
                NativeImageMetadata.reflectiveCalls(Path.of("target/classes")));
        try (Stream<Path> files = Files.list(Path.of("src/main/resources", TABLES))) {
            assertEquals(
                    files.map(file -> TABLES + "/" + file.getFileName()).collect(Collectors.toSet()),
                    NativeImageMetadata.entries("bpf-expression"));
        }
    }
}
