package io.github.nettybpf.netty.observe;

import io.github.nettybpf.core.Decision;
import io.github.nettybpf.core.DecisionFilter;
import io.github.nettybpf.core.Instruction;
import io.github.nettybpf.core.Instruction.ConditionalJump;
import io.github.nettybpf.core.Instruction.Jump;
import io.github.nettybpf.core.Instruction.ReturnConstant;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.core.SteppingMachine.Cause;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * How many packets the programs of one handler have dropped, by rule. The rules are listed once; what others drop, as those
 * of a later program, is summed. No figure decreases when another program begins to judge. For any thread.
 *
 * <p>A rule is the name of one or more decisions that drop every packet; where the verdict is A, what is dropped is not
 * known by decision.
 */
public final class RuleDrops {
    /** So many series of one meter are no burden for a registry. */
    static final int MOST_RULES = 100;

    /** So many programs may be replaced before their rules are asked for: what earlier ones dropped has no rule then. */
    private static final int MOST_RETIRED = 16;

    private static final String OTHER = "other";

    /** The rules, and last what stands for all others; only that until {@link #list}. */
    private List<String> listed = List.of(OTHER);

    private boolean isListed;

    /** What programs before the present one have dropped, by listed rule. */
    private long[] before = new long[1];

    private @Nullable DecisionCounter present;

    /** Programs that were replaced since the figures were asked for: to name their rules takes too long for an event loop. */
    private final Deque<DecisionCounter> retired = new ArrayDeque<>();

    /** For each decision of the present program, its index in {@link #before}, or -1 if it drops nothing; made late. */
    private int @Nullable [] indexes;

    /** Takes note that another program judges from now on, or none whose decisions are counted. */
    public synchronized void judgeBy(@Nullable DecisionCounter next) {
        DecisionCounter last = present;
        if (last != null && !last.isSameAs(next)) {
            int[] known = indexes;
            if (known != null || !isListed) {
                add(last, known);
            } else {
                retired.add(last);
                if (retired.size() > MOST_RETIRED) {
                    add(retired.remove(), null);
                }
            }
            indexes = null;
        }
        present = next;
    }

    /**
     * Adds what a program has dropped to the sums.
     *
     * @param rules for each decision its index, or -1 if it drops nothing; null if they are not known
     */
    private void add(DecisionCounter counter, int @Nullable [] rules) {
        List<Decision> decisions = counter.decisions();
        for (int i = 0; i < decisions.size(); i++) {
            if (rules != null) {
                if (rules[i] >= 0) {
                    before[rules[i]] += counter.estimate(i);
                }
            } else if (drops(decisions.get(i), counter.program())) {
                before[before.length - 1] += counter.estimate(i);
            }
        }
    }

    /**
     * {@return the rules by which a program drops packets, in the order of its instructions, 100 at most, and {@code other}}
     * Those of the first program for which this is called stay listed.
     */
    public synchronized List<String> list(Program program) {
        if (!isListed) {
            long others = before[0];
            Stream<String> rules = DecisionFilter.interpret(program).decisions().stream()
                    .filter(decision -> drops(decision, program) && mayBeMade(decision, program))
                    .map(decision -> decision.rule(program))
                    .distinct()
                    .limit(MOST_RULES);
            listed = Stream.concat(rules, Stream.of(OTHER)).toList();
            before = new long[listed.size()];
            before[listed.size() - 1] = others;
            indexes = null;
            isListed = true;
        }
        return listed;
    }

    /** {@return what {@link #list} has returned, or nothing if it was not called} */
    public synchronized List<String> listed() {
        return isListed ? listed : List.of();
    }

    /** {@return for each decision of a program, its index in {@link #before}, or -1 if it drops nothing} May take long. */
    private int[] indexes(DecisionCounter counter) {
        Map<String, Integer> numbers = new HashMap<>();
        listed.forEach(rule -> numbers.put(rule, numbers.size()));
        int other = listed.size() - 1;
        List<Decision> decisions = counter.decisions();
        int[] made = new int[decisions.size()];
        for (int i = 0; i < made.length; i++) {
            Decision decision = decisions.get(i);
            made[i] = !drops(decision, counter.program())
                    ? -1
                    : numbers.getOrDefault(decision.rule(counter.program()), other);
        }
        return made;
    }

    private static boolean drops(Decision decision, Program program) {
        return decision.cause() == Cause.RETURNED
                ? program.instructions().get(decision.instruction()) instanceof ReturnConstant ret && ret.val() == 0
                : decision.cause() != Cause.NO_DEVICE; // there the verdict is A
    }

    /** {@return whether a return may be reached otherwise than from a test} What is from a test is a decision of its own. */
    private static boolean mayBeMade(Decision decision, Program program) {
        int pc = decision.instruction();
        if (decision.cause() != Cause.RETURNED || decision.test().isPresent() || pc == 0) {
            return true;
        }
        List<Instruction> all = program.instructions();
        Instruction before = all.get(pc - 1);
        boolean isPassedOnTo = !before.isReturn() && !(before instanceof ConditionalJump) && !(before instanceof Jump);
        return isPassedOnTo
                || IntStream.range(0, pc)
                        .anyMatch(i -> all.get(i) instanceof Jump jump
                                && jump.successors(i).contains(pc));
    }

    /**
     * {@return how many packets were dropped by a rule, those included that the kernel has dropped, about}
     *
     * @param rule an index in {@link #list}
     */
    public long count(int rule) {
        // Before the lock, which an event loop may wait for: the first rule of a program takes long, all others do not.
        for (DecisionCounter counter : counters()) {
            counter.decisions().get(0).rule(counter.program());
        }
        return sum(rule);
    }

    private synchronized List<DecisionCounter> counters() {
        return Stream.concat(retired.stream(), Stream.ofNullable(present)).toList();
    }

    private synchronized long sum(int rule) {
        while (!retired.isEmpty()) {
            DecisionCounter replaced = retired.remove();
            add(replaced, indexes(replaced));
        }
        long sum = before[rule];
        DecisionCounter counter = present;
        if (counter != null) {
            int[] rules = indexes == null ? indexes(counter) : indexes;
            indexes = rules;
            for (int i = 0; i < rules.length; i++) {
                sum += rules[i] == rule ? counter.estimate(i) : 0;
            }
        }
        return sum;
    }
}
