package io.github.nettybpf.expression.origin;

import io.github.nettybpf.core.Instruction;
import io.github.nettybpf.expression.FilterExpression.Options;
import io.github.nettybpf.expression.lower.Encapsulation;
import io.github.nettybpf.expression.lower.TermTests;
import io.github.nettybpf.expression.parse.Expression;
import io.github.nettybpf.expression.parse.Parser;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The parts of an expression that the instructions of its program decide by. They are computed when the first is asked for,
 * by any thread. Until then only the text is kept, not its tree.
 */
public final class SourceOrigins implements IntFunction<Optional<String>> {
    /** How many terms are named. */
    private static final int SHOWN = 3;

    private final String text;
    private final Encapsulation encapsulation;
    private final boolean live;
    private final Options options;
    private final List<Instruction> program;

    /** Computed at the first use: the result is the same. */
    private volatile @Nullable List<Optional<String>> origins;

    /**
     * Creates the origins of a program's instructions.
     *
     * @param text the expression
     * @param encapsulation what the packets begin with
     * @param live whether they come from a socket
     * @param options the options that the expression was compiled with
     * @param program the instructions that the expression was compiled to
     */
    public SourceOrigins(
            String text, Encapsulation encapsulation, boolean live, Options options, List<Instruction> program) {
        this.text = text;
        this.encapsulation = encapsulation;
        this.live = live;
        this.options = options;
        this.program = program;
    }

    @Override
    public Optional<String> apply(int pc) {
        List<Optional<String>> known = origins;
        if (known == null) {
            known = computed();
            origins = known;
        }
        return known.get(pc);
    }

    private List<Optional<String>> computed() {
        Expression tree = Objects.requireNonNull(Parser.parse(text));
        List<String> terms = Parser.terms(text);
        TermTests tests = TermTests.of(tree, encapsulation, live, options);
        for (int term = 0; term < terms.size(); term++) {
            if (tests.isNegated(term)) {
                terms.set(term, "not " + terms.get(term));
            }
        }
        List<Set<Integer>> found = SymbolicExecution.terms(program, tests);
        List<Optional<String>> all = new ArrayList<>();
        for (Set<Integer> one : found) {
            all.add(one.isEmpty() ? Optional.empty() : Optional.of(joined(one, terms)));
        }
        return List.copyOf(all);
    }

    private static String joined(Set<Integer> found, List<String> terms) {
        List<String> different = found.stream().map(terms::get).distinct().toList();
        int more = different.size() - SHOWN;
        return different.stream().limit(SHOWN).collect(Collectors.joining(", "))
                + (more > 0 ? " and " + more + " more" : "");
    }
}
