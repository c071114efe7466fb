package io.github.nettybpf.core.compile;

import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.objectweb.asm.Opcodes;

/**
 * A choice by ranges of A. Values are a circle here, which is cut at the beginning of a range: {@code d = A - base} is in
 * the range whose number is how many ranges end below d.
 *
 * <p>To find it, d is divided into equal buckets. It is known how many ranges end before each bucket, and the few that end
 * within one are searched without a branch.
 */
final class RangeChoice implements Choice {
    /** For each range where it leads. */
    final int[] ways;

    private final Map<Integer, Integer> edges;
    private final int base;
    private final int shift;

    /** For each bucket how many ranges end before it. */
    private final int[] before;

    /** The last d of each range but the last one, ascending, less 2^31; and behind them the greatest int. */
    private final int[] lasts;

    /** How many times the rest of a bucket is divided by two. */
    private final int steps;

    /**
     * Makes the tables.
     *
     * @param starts where each range begins, ascending; the first is 0. There are two or more
     * @param ways where each leads; those beside one another differ
     * @param edges how many edges lead to a place
     */
    RangeChoice(long[] starts, int[] ways, Map<Integer, Integer> edges) {
        this.edges = edges;
        boolean isRound = ways[0] == ways[ways.length - 1];
        int first = isRound ? 1 : 0;
        int n = isRound ? ways.length - 1 : ways.length;
        this.base = (int) starts[first];
        this.ways = Arrays.copyOfRange(ways, first, first + n);
        long[] ends = new long[n - 1];
        for (int i = 0; i < ends.length; i++) {
            ends[i] = starts[first + i + 1] - starts[first] - 1;
        }
        shift = shift(ends[n - 2], 2 * n);
        before = new int[(int) (ends[n - 2] >>> shift) + 2];
        for (long end : ends) {
            before[(int) (end >>> shift) + 1]++;
        }
        int most = Arrays.stream(before).max().orElse(0);
        for (int i = 1; i < before.length; i++) {
            before[i] += before[i - 1];
        }
        steps = Integer.SIZE - Integer.numberOfLeadingZeros(most);
        lasts = new int[n - 1 + (1 << steps)];
        Arrays.fill(lasts, Integer.MAX_VALUE);
        for (int i = 0; i < ends.length; i++) {
            lasts[i] = (int) ends[i] + Integer.MIN_VALUE;
        }
    }

    /** {@return how many bits to leave out, at least one, so that there are not too many buckets} */
    private static int shift(long last, int buckets) {
        int shift = 1;
        while (last >>> shift > buckets) {
            shift++;
        }
        return shift;
    }

    @Override
    public Set<Integer> ways() {
        Set<Integer> all = new LinkedHashSet<>();
        for (int way : ways) {
            all.add(way);
        }
        return all;
    }

    @Override
    public int edges(int way) {
        return edges.getOrDefault(way, 0);
    }

    @Override
    public boolean isSet() {
        return ways().size() == 2;
    }

    @Override
    public int yes() {
        return ways[1];
    }

    @Override
    public int no() {
        return ways[0];
    }

    @Override
    public int weight() {
        return 50 + 30 * steps;
    }

    /**
     * Replaces A by the number of its range. In a set every other range is a member, and those have odd numbers.
     *
     * @param place a variable for an int
     * @param wide a variable for a long
     */
    void find(Code code, int place, int wide) {
        code.constant(base);
        code.insn(Opcodes.ISUB);
        code.insn(Opcodes.DUP);
        Arithmetic.flip(code);
        code.insn(Opcodes.I2L);
        code.storeLong(wide);
        code.constant(shift);
        code.insn(Opcodes.IUSHR);
        code.constant(before.length - 1);
        code.call("java/lang/Math", "min", "(II)I");
        code.store(place);
        code.table(before);
        code.load(place);
        code.insn(Opcodes.IALOAD);
        for (int step = steps - 1; step >= 0; step--) {
            code.store(place);
            code.table(lasts);
            code.load(place);
            code.constant((1 << step) - 1);
            code.insn(Opcodes.IADD, Opcodes.IALOAD, Opcodes.I2L);
            code.loadLong(wide);
            code.insn(Opcodes.LSUB);
            code.constant(Long.SIZE - 1);
            code.insn(Opcodes.LUSHR, Opcodes.L2I);
            code.constant(step);
            code.insn(Opcodes.ISHL);
            code.load(place);
            code.insn(Opcodes.IADD);
        }
    }
}
