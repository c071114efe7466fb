package io.github.nettybpf.tools.cli;

import io.github.nettybpf.tools.Session;
import io.github.nettybpf.tools.manual.ManPage;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/** Writes the files of the distribution that say what {@code --help} says: man pages and completion scripts. */
public final class DistributionFiles {
    private DistributionFiles() {}

    /**
     * Writes the files. The build runs this.
     *
     * @param args the folder, which then has man/man1 and completions, and the time of the version in ISO 8601
     * @throws IOException if a file cannot be written
     */
    public static void main(String[] args) throws IOException {
        writeAll(Path.of(args[0]), args[1].substring(0, "2026-11-01".length()));
    }

    static void writeAll(Path folder, String date) throws IOException {
        OutputStream nowhere = OutputStream.nullOutputStream();
        Session session = new Session(InputStream.nullInputStream(), nowhere, nowhere);
        CommandSpec root = Bpf.commands(session, Verbs.NAMES).getCommandSpec();
        List<CommandSpec> commands = new ArrayList<>(List.of(root));
        for (CommandLine verb : root.subcommands().values()) {
            commands.add(verb.getCommandSpec());
        }
        for (CommandSpec command : commands) {
            String page = ManPage.of(command, root.name() + " " + Session.version(), date);
            write(folder.resolve("man/man1/" + ManPage.name(command) + ".1"), page);
        }
        write(folder.resolve("completions/bash/bpf"), Completion.script(root, "bash"));
        write(folder.resolve("completions/zsh/_bpf"), Completion.script(root, "zsh"));
        write(folder.resolve("completions/fish/bpf.fish"), Completion.script(root, "fish"));
    }

    private static void write(Path file, String text) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }
}
