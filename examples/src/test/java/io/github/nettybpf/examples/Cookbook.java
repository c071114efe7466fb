package io.github.nettybpf.examples;

import io.github.nettybpf.core.Program;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** The programs of docs/cookbook.md, read from that file. */
final class Cookbook {
    static final String SYSLOG = "Syslog: one message in ten, at most 256 bytes of it";

    private Cookbook() {}

    /** {@return all recipes, by their headings} */
    static Map<String, Program> recipes() throws IOException {
        String readme = Files.readString(Path.of("..", "docs", "cookbook.md"));
        Map<String, Program> programs = new LinkedHashMap<>();
        Pattern.compile("## ([^\\n]+)\\n```asm\\n(.*?)```", Pattern.DOTALL)
                .matcher(readme)
                .results()
                .forEach((MatchResult recipe) -> programs.put(recipe.group(1), Program.parse(recipe.group(2))));
        return programs;
    }

    /** {@return the recipe with this heading, or with one that begins with it and a colon} */
    static Program recipe(String name) throws IOException {
        for (Map.Entry<String, Program> recipe : recipes().entrySet()) {
            if (recipe.getKey().equals(name) || recipe.getKey().startsWith(name + ":")) {
                return recipe.getValue();
            }
        }
        throw new NoSuchElementException("no recipe \"" + name + "\" in docs/cookbook.md");
    }
}
