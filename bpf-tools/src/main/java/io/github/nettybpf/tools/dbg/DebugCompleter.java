package io.github.nettybpf.tools.dbg;

import io.github.nettybpf.tools.Refusal;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jline.builtins.Completers.FileNameCompleter;
import org.jline.reader.Candidate;
import org.jline.reader.Completer;
import org.jline.reader.LineReader;
import org.jline.reader.ParsedLine;

/** Completes the words of a command. */
final class DebugCompleter implements Completer {
    private final FileNameCompleter files = new FileNameCompleter();
    private final Debugger debugger;

    DebugCompleter(Debugger debugger) {
        this.debugger = debugger;
    }

    @Override
    public void complete(LineReader reader, ParsedLine line, List<Candidate> candidates) {
        int at = line.wordIndex();
        if (at == 0) {
            add(candidates, Arrays.stream(DebugCommand.values()).map(DebugCommand::toString));
            return;
        }
        DebugCommand command;
        try {
            command = DebugCommand.of(line.words().get(0));
        } catch (Refusal none) {
            // What is not a command has no arguments.
            return;
        }
        if (command == DebugCommand.LOAD && at >= 2) {
            files.complete(reader, line, candidates);
        } else {
            add(candidates, words(command, at));
        }
    }

    private Stream<String> words(DebugCommand command, int at) {
        return switch (at) {
            case 1 ->
                switch (command) {
                    case LOAD -> Stream.of("bpf", "pcap");
                    case BREAKPOINT -> Stream.concat(labels(), Stream.of("reset"));
                    case DISASSEMBLE, DELETE -> labels();
                    case NEXT -> Stream.of("drop", "pass");
                    case SET -> Stream.of("ext");
                    case VERIFY -> Stream.of("kernel");
                    default -> Stream.empty();
                };
            case 2 ->
                switch (command) {
                    case BREAKPOINT -> Stream.of("if");
                    case SET -> ExtensionSettings.settable().stream();
                    default -> Stream.empty();
                };
            case 3 -> command == DebugCommand.BREAKPOINT ? Stream.of("A", "X", "len") : Stream.empty();
            default -> Stream.empty();
        };
    }

    private Stream<String> labels() {
        return IntStream.range(0, debugger.size()).mapToObj(pc -> "l" + pc);
    }

    private static void add(List<Candidate> candidates, Stream<String> words) {
        words.map(Candidate::new).forEach(candidates::add);
    }
}
