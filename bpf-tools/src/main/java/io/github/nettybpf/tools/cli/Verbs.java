package io.github.nettybpf.tools.cli;

import io.github.nettybpf.tools.Session;
import io.github.nettybpf.tools.dbg.Dbg;
import io.github.nettybpf.tools.explain.Explain;
import io.github.nettybpf.tools.graph.DrawGraph;
import io.github.nettybpf.tools.jit.Jit;
import io.github.nettybpf.tools.run.Bench;
import io.github.nettybpf.tools.run.Eval;
import io.github.nettybpf.tools.run.Run;
import java.util.List;
import picocli.CommandLine.HelpCommand;

/** The verbs by name. Picocli reads the annotations of each that it is given, so it is given only what a run needs. */
final class Verbs {
    private static final String COMPLETION = "completion";
    private static final String HELP = "help";

    /** The names, in the order in which they are listed. */
    static final List<String> NAMES = List.of(
            "asm",
            "compile",
            "dbg",
            "disasm",
            "check",
            "eval",
            "explain",
            "graph",
            "jit",
            "run",
            "bench",
            COMPLETION,
            HELP);

    private Verbs() {}

    /** {@return the names of the verbs that have to be known to run the command with these arguments} */
    static List<String> wanted(String[] args) {
        String first = args.length == 0 ? "" : args[0];
        boolean describesOthers = first.equals(COMPLETION) || first.equals(HELP);
        return NAMES.contains(first) && !describesOthers ? List.of(first) : NAMES;
    }

    /** {@return a new verb, whose annotations tell picocli its arguments} */
    static Object of(String name, Session session) {
        return switch (name) {
            case "asm" -> new Asm(session);
            case "compile" -> new Compile(session);
            case "dbg" -> new Dbg(session);
            case "disasm" -> new Disasm(session);
            case "check" -> new Check(session);
            case "eval" -> new Eval(session);
            case "explain" -> new Explain(session);
            case "graph" -> new DrawGraph(session);
            case "jit" -> new Jit(session);
            case "run" -> new Run(session);
            case "bench" -> new Bench(session);
            case COMPLETION -> new Completion(session);
            case HELP -> new HelpCommand();
            default -> throw new IllegalArgumentException(name);
        };
    }
}
