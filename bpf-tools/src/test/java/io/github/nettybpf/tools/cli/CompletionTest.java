package io.github.nettybpf.tools.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.nettybpf.tools.Command;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A shell that has read the script completes words. */
class CompletionTest {
    @TempDir
    private Path directory;

    @ParameterizedTest(name = "bpf {0}")
    @CsvSource({
        "ru, run",
        "asm --no-v, --no-verify",
        "asm --format b, bytecode",
        "run --engine k, kernel",
        "compile --se, --set",
        "dbg --se, --set",
        "run --link-type LINUX_SLL2, LINUX_SLL2",
        "graph --format m, mermaid"
    })
    void completes(String typed, String completed) throws IOException, InterruptedException {
        assumeTrue(Files.isExecutable(Path.of("/bin/bash")), "no bash here");
        Path script = Files.writeString(
                directory.resolve("script"), Command.run("", "completion").out());
        String words = "bpf " + typed;
        Process bash = new ProcessBuilder(
                        "/bin/bash",
                        "-c",
                        "source " + script + "; COMP_WORDS=(" + words + "); COMP_CWORD=" + typed.split(" ", -1).length
                                + "; _complete_bpf; echo ${COMPREPLY[@]}")
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        String answer = new String(bash.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(completed, answer.strip());
        assertEquals(0, bash.waitFor());
    }
}
