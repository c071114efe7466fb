package io.github.nettybpf.tools.dbg;

import io.github.nettybpf.tools.AddressSetOption;
import io.github.nettybpf.tools.Refusal;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermissions;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.LineReader.Option;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.UserInterruptException;
import org.jline.reader.impl.DefaultParser;
import org.jline.terminal.Terminal;
import org.jline.terminal.Terminal.Signal;
import org.jline.terminal.TerminalBuilder;
import org.jline.terminal.spi.SystemStream;
import org.jline.terminal.spi.TerminalProvider;
import org.jspecify.annotations.Nullable;

/** The debugger on a terminal, with line editing, history and completion. */
final class DebugTerminal {
    private static final int HISTORY_LINES = 1000;

    private DebugTerminal() {}

    /** {@return the terminal, to be closed, or null if standard input or standard output is not one} */
    static @Nullable Terminal open() throws IOException {
        for (TerminalProvider provider : TerminalBuilder.builder().getProviders(null, new IllegalStateException())) {
            if (provider.isSystemStream(SystemStream.Input) && provider.isSystemStream(SystemStream.Output)) {
                return TerminalBuilder.builder()
                        .name("bpf dbg")
                        .graphemeCluster(false)
                        .build();
            }
        }
        return null;
    }

    /**
     * Executes commands until one says to quit, or the input ends.
     *
     * @param sets the sets of addresses for expressions
     * @param history the file with earlier commands
     * @throws Refusal if the capture cannot be closed
     */
    static void converse(Terminal terminal, AddressSetOption sets, Path history) throws Refusal {
        PrintWriter out = terminal.writer();
        try (Debugger debugger = new Debugger(out::print, sets)) {
            terminal.handle(Signal.INT, signal -> debugger.interrupt());
            LineReader reader = reader(terminal, debugger, history);
            out.println("bpf dbg: 'help' lists the commands");
            boolean goesOn = true;
            while (goesOn) {
                try {
                    goesOn = debugger.execute(reader.readLine("> "));
                } catch (Refusal e) {
                    out.println(Dbg.firstLine(e));
                } catch (UserInterruptException e) {
                    // Ctrl-C cancels the line.
                } catch (EndOfFileException e) {
                    goesOn = false;
                }
                out.flush();
            }
        }
    }

    /** {@return the history file, which is also that of bpf_dbg} */
    static Path history() {
        String home = System.getenv("HOME");
        return Path.of(home == null ? System.getProperty("user.home") : home, ".bpf_dbg_history");
    }

    /** Quotes, backslashes and exclamation marks are ordinary characters, as they are in a program. */
    private static LineReader reader(Terminal terminal, Debugger debugger, Path history) {
        LineReader reader = LineReaderBuilder.builder()
                .terminal(terminal)
                .parser(new DefaultParser().quoteChars(new char[0]).escapeChars(new char[0]))
                .completer(new DebugCompleter(debugger))
                .option(Option.DISABLE_EVENT_EXPANSION, true)
                .option(Option.HISTORY_TIMESTAMPED, false)
                .variable(LineReader.HISTORY_FILE_SIZE, HISTORY_LINES)
                .build();
        if (canKeep(history)) {
            reader.variable(LineReader.HISTORY_FILE, history);
        }
        return reader;
    }

    /**
     * {@return whether the file can be read and written, or created} JLine would create missing folders, and print a
     * stack trace if that fails. Without a file, the history is that of this run.
     */
    private static boolean canKeep(Path history) {
        if (Files.exists(history) && !Files.isRegularFile(history)) {
            return false;
        }
        try {
            if (!Files.exists(history)) {
                Files.createFile(history);
                PosixFileAttributeView posix = Files.getFileAttributeView(history, PosixFileAttributeView.class);
                if (posix != null) {
                    posix.setPermissions(PosixFilePermissions.fromString("rw-------"));
                }
            }
            Files.newByteChannel(history, StandardOpenOption.WRITE).close();
            Files.readString(history);
            return true;
        } catch (IOException e) {
            return false; // missing folder, no permission, not UTF-8
        }
    }
}
