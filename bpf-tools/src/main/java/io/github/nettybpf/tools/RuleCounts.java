package io.github.nettybpf.tools;

import io.github.nettybpf.core.Decision;
import io.github.nettybpf.core.DecisionFilter;
import io.github.nettybpf.core.Instruction;
import io.github.nettybpf.core.Instruction.ReturnConstant;
import io.github.nettybpf.core.Packet;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.core.SteppingMachine.Cause;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/** How many packets each rule of a program has decided; an expression has a program for each link type that occurs. */
public final class RuleCounts {
    /** The rules of one program. */
    public static final class Rules {
        private final String start;
        private final DecisionFilter filter;
        private final long[] hits;

        private Rules(String start, DecisionFilter filter) {
            this.start = start;
            this.filter = filter;
            this.hits = new long[filter.decisions().size()];
        }

        /** {@return the index of the rule that decides on the packet, which is counted} */
        public int decide(Packet packet) {
            int decision = filter.decide(packet);
            hits[decision]++;
            return decision;
        }

        /** {@return the verdict on the packet, unsigned, for the rule that {@link #decide} has returned} */
        public int verdict(int decision, Packet packet) {
            return filter.verdict(decision, packet);
        }

        /** {@return a rule for people, for example {@code insn 1: jeq #53: no: insn 3: ret #0}} */
        public String text(int decision) {
            return filter.decisions().get(decision).explain(filter.program());
        }

        /** Adds the rule to the members of an object. */
        public Json put(Json json, int decision) {
            Decision rule = filter.decisions().get(decision);
            return json.put("rule", text(decision))
                    .put("insn", rule.instruction())
                    .put("test", rule.test().isPresent() ? rule.test().getAsInt() : null)
                    .put("holds", rule.test().isPresent() ? rule.holds() : null);
        }

        /** {@return the rules that have decided on a packet, the most frequent one first} */
        private List<Integer> hit() {
            return IntStream.range(0, hits.length)
                    .filter(decision -> hits[decision] > 0)
                    .boxed()
                    .sorted(Comparator.comparingLong((Integer decision) -> hits[decision])
                            .reversed())
                    .toList();
        }

        private long packets() {
            return IntStream.range(0, hits.length).mapToLong(i -> hits[i]).sum();
        }

        private String row(int decision) {
            OptionalInt verdict = constant(filter.program(), filter.decisions().get(decision));
            return String.format(
                    Locale.ROOT,
                    "%12d %7.2f %10s  %s\n",
                    hits[decision],
                    100.0 * hits[decision] / packets(),
                    verdict.isPresent() ? Integer.toUnsignedString(verdict.getAsInt()) : "A",
                    text(decision));
        }

        private Json json(int decision) {
            OptionalInt verdict = constant(filter.program(), filter.decisions().get(decision));
            return put(new Json(), decision)
                    .put("verdict", verdict.isPresent() ? Integer.toUnsignedLong(verdict.getAsInt()) : null)
                    .put("hits", hits[decision]);
        }
    }

    private final List<Rules> programs = new ArrayList<>();

    /** Nothing counted yet. */
    public RuleCounts() {}

    /**
     * {@return a program to count}
     *
     * @param start where packets begin to it, for people
     * @param filter the program
     */
    public Rules add(String start, DecisionFilter filter) {
        Rules rules = new Rules(start, filter);
        programs.add(rules);
        return rules;
    }

    /** {@return the verdict, or empty if it is A} */
    private static OptionalInt constant(Program program, Decision decision) {
        Instruction end = program.instructions().get(decision.instruction());
        if (decision.cause() == Cause.RETURNED) {
            return end instanceof ReturnConstant ret ? OptionalInt.of(ret.val()) : OptionalInt.empty();
        }
        return decision.cause() == Cause.NO_DEVICE ? OptionalInt.empty() : OptionalInt.of(0);
    }

    private List<Rules> used() {
        return programs.stream().filter(rules -> rules.packets() > 0).toList();
    }

    /** {@return a table of the rules that have decided on a packet, for each program} */
    public String text() {
        StringBuilder text = new StringBuilder();
        for (Rules rules : used()) {
            text.append(used().size() > 1 ? rules.start + ":\n" : "");
            text.append(String.format("%12s %7s %10s  %s\n", "hits", "%", "verdict", "rule"));
            List<Integer> hit = rules.hit();
            hit.forEach(decision -> text.append(rules.row(decision)));
            int others = rules.hits.length - hit.size();
            if (others > 0) {
                String which = others == 1 ? "the other rule" : "each of the other " + others + " rules";
                text.append(String.format("%12d for %s\n", 0, which));
            }
        }
        return text.toString();
    }

    /** {@return an object for each program: where packets begin to it, its rules, and how many had no packet} */
    public List<Json> json() {
        List<Json> all = new ArrayList<>();
        for (Rules rules : used()) {
            List<Integer> hit = rules.hit();
            all.add(new Json()
                    .put("start", rules.start)
                    .put("packets", rules.packets())
                    .put("rules", hit.stream().map(rules::json).toList())
                    .put("rulesWithoutHits", rules.hits.length - hit.size()));
        }
        return all;
    }
}
