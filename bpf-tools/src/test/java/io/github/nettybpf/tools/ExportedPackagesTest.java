package io.github.nettybpf.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The generated Javadoc is that of the packages that the modules export to everybody. */
class ExportedPackagesTest {
    private static final Path ROOT = Path.of("..");

    private static Set<String> matches(Path file, String pattern) throws IOException {
        Set<String> found = new TreeSet<>();
        Matcher matcher = Pattern.compile(pattern).matcher(Files.readString(file));
        while (matcher.find()) {
            found.add(matcher.group(1));
        }
        return found;
    }

    @Test
    void javadocIsOfTheExportedPackages() throws IOException {
        Set<String> exported = new TreeSet<>();
        Set<String> documented = new TreeSet<>();
        for (String module : List.of("bpf-core", "bpf-expression", "bpf-netty", "bpf-packet")) {
            Path sources = ROOT.resolve(module).resolve("src/main/java");
            List<String> excluded =
                    List.of(matches(ROOT.resolve(module).resolve("pom.xml"), "<internal.packages>([^<]*)<")
                            .iterator()
                            .next()
                            .split(":", -1));
            exported.addAll(matches(sources.resolve("module-info.java"), "exports ([a-z.]+);"));
            try (Stream<Path> files = Files.walk(sources)) {
                files.filter(file -> file.endsWith("package-info.java"))
                        .map(file ->
                                sources.relativize(file.getParent()).toString().replace('/', '.'))
                        .filter(name -> !excluded.contains(name))
                        .forEach(documented::add);
            }
        }
        assertTrue(exported.contains("io.github.nettybpf.netty"));
        assertEquals(exported, documented);
    }
}
