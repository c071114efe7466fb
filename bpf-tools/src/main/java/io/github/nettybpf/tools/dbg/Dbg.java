package io.github.nettybpf.tools.dbg;

import io.github.nettybpf.tools.AddressSetOption;
import io.github.nettybpf.tools.Lines;
import io.github.nettybpf.tools.Output;
import io.github.nettybpf.tools.Printable;
import io.github.nettybpf.tools.Refusal;
import io.github.nettybpf.tools.Session;
import io.github.nettybpf.tools.Source;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jline.terminal.Terminal;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code bpf dbg}: a debugger for programs. */
@Command(
        name = "dbg",
        mixinStandardHelpOptions = true,
        header = "Runs a program step by step on the packets of a capture.",
        description = """

                A debugger with the commands and the answers of the kernel's bpf_dbg: load, select, \
                run, step, breakpoint, disassemble, dump and quit; and more, which 'help' lists. \
                Commands can be abbreviated.

                On a terminal it prompts for commands: the arrow keys recall earlier ones, Tab \
                completes names of commands, files and labels, Ctrl-C cancels a line or a running \
                command, and Ctrl-D quits. The history is kept in ~/.bpf_dbg_history.

                From INPUT or a pipe it reads one command a line, and writes what bpf_dbg would \
                write: each command after '> ', then its answer. A line that begins with # is a \
                comment. If a command fails, standard error has the message with the number of the \
                line, and the next command is executed.
                """,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:done",
            "1:a command from INPUT or a pipe failed, or reading INPUT or writing OUTPUT",
            "2:usage error"
        },
        footer = """

                Example:
                  $ bpf dbg
                  > load bpf icmp
                  > load pcap foo.pcap
                  > breakpoint 1 if A == 0x800
                  > run
                  ...""")
public final class Dbg implements Callable<Integer> {
    private final Session session;

    @Spec
    private CommandSpec spec;

    @Parameters(
            index = "0",
            arity = "0..1",
            paramLabel = "INPUT",
            description = "The file to read commands from, or - for standard input.")
    private @Nullable String input;

    @Parameters(
            index = "1",
            arity = "0..1",
            paramLabel = "OUTPUT",
            description = "The file to write answers to, or - for standard output.")
    private @Nullable String output;

    @Mixin
    private final AddressSetOption sets = new AddressSetOption();

    public Dbg(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() throws Refusal {
        if (input == null && session.isProcess()) {
            try (Terminal terminal = DebugTerminal.open()) {
                if (terminal != null) {
                    DebugTerminal.converse(terminal, sets, DebugTerminal.history());
                    return 0;
                }
            } catch (IOException e) {
                throw new Refusal("the terminal: " + Printable.message(String.valueOf(e.getMessage())));
            }
        }
        return output == null || output.equals("-") ? script(session.out()) : scriptTo(output);
    }

    private int scriptTo(String name) throws Refusal {
        if (name.isEmpty()) {
            throw new Refusal("'': no name of a file");
        }
        try {
            Path path = Path.of(name);
            refuseInput(path);
            try (OutputStream file = Files.newOutputStream(path)) {
                Output answers = new Output(file);
                int code = script(answers);
                answers.flush();
                return code;
            }
        } catch (InvalidPathException e) {
            throw new Refusal(Printable.of(name) + ": not a name that this system has for files");
        } catch (IOException e) {
            throw new Source(name).unreadable(e);
        } catch (UncheckedIOException e) {
            throw new Source(name).unreadable(Objects.requireNonNull(e.getCause()));
        }
    }

    /** Writing the answers would overwrite the commands. */
    private void refuseInput(Path answers) throws IOException, Refusal {
        if (input == null || input.equals("-") || !Files.isRegularFile(answers)) {
            return;
        }
        Path commands = Path.of(input);
        if (Files.exists(commands) && Files.isSameFile(answers, commands)) {
            throw new Refusal(Printable.of(answers.toString()) + " is read too (expected: another file)");
        }
    }

    private int script(Output answers) throws Refusal {
        Source source = new Source(input == null ? "-" : input);
        boolean failed = false;
        try (InputStream in = source.open(session.in());
                Debugger debugger = new Debugger(answers::print, sets)) {
            Lines lines = new Lines(in, Source.MAX_BYTES, answers::flush);
            for (int number = 1; lines.advance(); number++) {
                String line = new String(lines.bytes(), 0, lines.length(), StandardCharsets.UTF_8);
                answers.print("> " + Printable.of(line) + "\n");
                try {
                    if (lines.isCut()) {
                        throw new Refusal("more than 16 MiB (expected: a command)");
                    }
                    if (!debugger.execute(line)) {
                        break;
                    }
                } catch (Refusal e) {
                    failed = true;
                    answers.flush();
                    session.err()
                            .println(spec.qualifiedName() + ": " + source.name() + ": line " + number + ": "
                                    + firstLine(e));
                }
            }
        } catch (IOException e) {
            throw source.unreadable(e);
        }
        return failed ? 1 : 0;
    }

    /** {@return the message without the excerpt that may follow it} */
    static String firstLine(Refusal e) {
        String message = String.valueOf(e.getMessage());
        int end = message.indexOf('\n');
        return end < 0 ? message : message.substring(0, end);
    }
}
