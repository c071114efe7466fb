package io.github.nettybpf.core.compile;

import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.objectweb.asm.Opcodes;

/**
 * A switch by ranges of A. The values form a circle, which is cut where a range begins: {@code d = A - base} is in the
 * range whose number is the count of ranges that end below d.
 *
 * <p>To find that count, d is mapped to one of equal buckets. The count of ranges that end before each bucket is
 * stored, and the few that end within one are searched by a binary search without branches.
 */
final class RangeSwitch implements RecoveredSwitch {
    /** The target of each range. */
    final int[] rangeTargets;

    /** So many buckets make a table of 64 KiB. */
    private static final int MAX_BUCKETS = (1 << 14) - 2;

    private final Set<Integer> targets = new LinkedHashSet<>();
    private final Map<Integer, Integer> edges;
    private final int base;
    private final int shift;

    /** The count of ranges that end before each bucket. */
    private final int[] endedBefore;

    /** The last d of each range but the last one, ascending, less 2^31; padded with the greatest int. */
    private final int[] lasts;

    /** The steps of the binary search within a bucket. */
    private final int searchSteps;

    /**
     * Makes the tables.
     *
     * @param starts the first value of each range, ascending; the first is 0. There are two or more ranges
     * @param targets the target of each range; those of neighbours differ
     * @param edges how many edges lead to each target
     */
    RangeSwitch(long[] starts, int[] targets, Map<Integer, Integer> edges) {
        this.edges = edges;
        boolean wrapsAround = targets[0] == targets[targets.length - 1];
        int first = wrapsAround ? 1 : 0;
        int n = wrapsAround ? targets.length - 1 : targets.length;
        this.base = (int) starts[first];
        this.rangeTargets = Arrays.copyOfRange(targets, first, first + n);
        for (int target : rangeTargets) {
            this.targets.add(target);
        }
        long[] ends = new long[n - 1];
        for (int i = 0; i < ends.length; i++) {
            ends[i] = starts[first + i + 1] - starts[first] - 1;
        }
        shift = shift(ends[n - 2], Math.min(2 * n, MAX_BUCKETS));
        endedBefore = new int[(int) (ends[n - 2] >>> shift) + 2];
        for (long end : ends) {
            endedBefore[(int) (end >>> shift) + 1]++;
        }
        int mostInBucket = Arrays.stream(endedBefore).max().orElse(0);
        for (int i = 1; i < endedBefore.length; i++) {
            endedBefore[i] += endedBefore[i - 1];
        }
        searchSteps = Integer.SIZE - Integer.numberOfLeadingZeros(mostInBucket);
        lasts = new int[n - 1 + (1 << searchSteps)];
        Arrays.fill(lasts, Integer.MAX_VALUE);
        for (int i = 0; i < ends.length; i++) {
            lasts[i] = (int) ends[i] + Integer.MIN_VALUE;
        }
    }

    /** {@return how many low bits of d to leave out, at least one, so that there are at most so many buckets} */
    private static int shift(long last, int buckets) {
        int shift = 1;
        while (last >>> shift > buckets) {
            shift++;
        }
        return shift;
    }

    @Override
    public Set<Integer> targets() {
        return targets;
    }

    @Override
    public int edgesTo(int target) {
        return edges.getOrDefault(target, 0);
    }

    @Override
    public boolean isMembershipTest() {
        return targets.size() == 2;
    }

    @Override
    public int memberTarget() {
        return rangeTargets[1];
    }

    @Override
    public int otherTarget() {
        return rangeTargets[0];
    }

    @Override
    public int estimatedSize() {
        return 50 + 30 * searchSteps;
    }

    /**
     * Replaces A, which has been pushed, with the number of its range. In a membership test every other range holds
     * members, and those have odd numbers.
     *
     * @param index a variable for an int
     * @param flipped a variable for a long
     */
    void pushRangeNumber(Code code, int index, int flipped) {
        code.constant(base);
        code.insn(Opcodes.ISUB);
        code.insn(Opcodes.DUP);
        UnsignedArithmetic.flipSign(code);
        code.insn(Opcodes.I2L);
        code.storeLong(flipped);
        code.constant(shift);
        code.insn(Opcodes.IUSHR);
        code.constant(endedBefore.length - 1);
        code.call("java/lang/Math", "min", "(II)I");
        code.store(index);
        code.table(endedBefore);
        code.load(index);
        code.insn(Opcodes.IALOAD);
        for (int step = searchSteps - 1; step >= 0; step--) {
            code.store(index);
            code.table(lasts);
            code.load(index);
            code.constant((1 << step) - 1);
            code.insn(Opcodes.IADD, Opcodes.IALOAD, Opcodes.I2L);
            code.loadLong(flipped);
            code.insn(Opcodes.LSUB);
            code.constant(Long.SIZE - 1);
            code.insn(Opcodes.LUSHR, Opcodes.L2I);
            code.constant(step);
            code.insn(Opcodes.ISHL);
            code.load(index);
            code.insn(Opcodes.IADD);
        }
    }
}
