package io.github.nettybpf.core.compile;

import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.objectweb.asm.Opcodes;

/**
 * A perfect hash table: each key has a slot of its own. An unused slot holds a key that belongs to another slot, so
 * that one comparison tells whether a key is in the table.
 *
 * <p>The slot is {@code (key * multiplier) >>> shift}. For many keys no multiplier makes all slots different; their
 * table is made by hash and displace: a second multiplier divides the keys into buckets, and the displacement of a
 * bucket is combined with the slots of its keys by exclusive or. Multipliers are tried in a fixed order, so that equal
 * keys always make the same table. Somebody who knows the order can choose keys that no multiplier separates; for those
 * there is no table, rather than a huge one.
 */
final class PerfectHashTable {
    private static final int TRIES = 400;

    /** Up to this many slots (16 KiB), a table without buckets is worth its memory. */
    private static final int MAX_WITHOUT_BUCKETS = 1 << 12;

    private static final int TRIES_WITH_BUCKETS = 32;

    /** At most so many slots (64 KiB). */
    private static final int MAX_SLOTS = 1 << 14;

    /** How many slots may be looked at for each key, until displacements are found. Random keys need some ten. */
    private static final int STEPS_PER_KEY = 256;

    final int[] keys;

    /** For each slot, the index of its key in the list that the table was made of. */
    final int[] indices;

    private final int shift;
    private final int multiplier;

    /** For each bucket its displacement, shifted to the highest bits; empty if there are no buckets. */
    private final int[] displacements;

    private final int bucketShift;
    private final int bucketMultiplier;

    private PerfectHashTable(int[] content, int bits, int multiplier, int[] slots, Buckets buckets) {
        this.shift = Integer.SIZE - bits;
        this.multiplier = multiplier;
        this.displacements = Arrays.stream(buckets.displacements)
                .map(displacement -> displacement << shift)
                .toArray();
        this.bucketShift = buckets.shift;
        this.bucketMultiplier = buckets.multiplier;
        keys = new int[1 << bits];
        indices = new int[1 << bits];
        Arrays.fill(keys, content[0]);
        for (int i = 0; i < slots.length; i++) {
            keys[slots[i]] = content[i];
            indices[slots[i]] = i;
        }
    }

    /** {@return a table of these keys, which are at least two and all different, or null if none was found} */
    static @Nullable PerfectHashTable of(List<Integer> content) {
        int[] keys = content.stream().mapToInt(Integer::intValue).toArray();
        SplittableRandom random = new SplittableRandom(keys.length);
        int bits = bitsFor(2L * keys.length);
        for (int wider = bits; 1 << wider <= MAX_WITHOUT_BUCKETS; wider++) {
            for (int i = 0; i < TRIES / keys.length + 8; i++) {
                int multiplier = random.nextInt() | 1;
                int[] slots = withoutBuckets(keys, wider, multiplier);
                if (slots.length > 0) {
                    return new PerfectHashTable(keys, wider, multiplier, slots, new Buckets(0, 0, new int[0]));
                }
            }
        }
        return withBuckets(keys, bits, random);
    }

    /** Pushes the only slot that can hold the key which {@code pushKey} pushes. */
    void pushSlot(Code code, Runnable pushKey) {
        pushProduct(code, pushKey, multiplier);
        if (displacements.length > 0) {
            code.table(displacements);
            pushProduct(code, pushKey, bucketMultiplier);
            code.constant(bucketShift);
            code.insn(Opcodes.IUSHR, Opcodes.IALOAD, Opcodes.IXOR);
        }
        code.constant(shift);
        code.insn(Opcodes.IUSHR);
    }

    private static void pushProduct(Code code, Runnable pushKey, int multiplier) {
        pushKey.run();
        code.constant(multiplier);
        code.insn(Opcodes.IMUL);
    }

    private static int hash(int key, int multiplier, int shift) {
        return (key * multiplier) >>> shift;
    }

    private static int bitsFor(long slots) {
        return Long.SIZE - Long.numberOfLeadingZeros(slots - 1);
    }

    /** {@return the slot of each key, or nothing if two keys have the same} */
    private static int[] withoutBuckets(int[] keys, int bits, int multiplier) {
        BitSet taken = new BitSet(1 << bits);
        int[] slots = new int[keys.length];
        for (int i = 0; i < slots.length; i++) {
            int slot = hash(keys[i], multiplier, Integer.SIZE - bits);
            if (taken.get(slot)) {
                return new int[0];
            }
            taken.set(slot);
            slots[i] = slot;
        }
        return slots;
    }

    /** How keys are divided into buckets, and the displacement of each bucket. */
    private static final class Buckets {
        final int multiplier;
        final int shift;
        final int[] displacements;

        Buckets(int multiplier, int shift, int[] displacements) {
            this.multiplier = multiplier;
            this.shift = shift;
            this.displacements = displacements;
        }

        int of(int key) {
            return hash(key, multiplier, shift);
        }
    }

    private static @Nullable PerfectHashTable withBuckets(int[] keys, int leastBits, SplittableRandom random) {
        int bucketBits = leastBits - 2;
        Displacement displacement = new Displacement(keys);
        for (int bits = leastBits; 1 << bits <= MAX_SLOTS; bits++) {
            for (int i = 0; i < TRIES_WITH_BUCKETS; i++) {
                int multiplier = random.nextInt() | 1;
                Buckets buckets =
                        new Buckets(random.nextInt() | 1, Integer.SIZE - bucketBits, new int[1 << bucketBits]);
                int[] slots = displacement.slots(bits, multiplier, buckets);
                if (slots.length > 0) {
                    return new PerfectHashTable(keys, bits, multiplier, slots, buckets);
                }
            }
        }
        return null;
    }

    /** The search for displacements, with a limit to all of its work. */
    private static final class Displacement {
        private final int[] keys;
        private final BitSet own = new BitSet();
        private long steps;

        Displacement(int[] keys) {
            this.keys = keys;
            this.steps = (long) STEPS_PER_KEY * keys.length;
        }

        /**
         * Finds a displacement for one bucket after the other, the fullest first.
         *
         * @return the slot of each key, or nothing if there is a bucket for which no displacement is left
         */
        int[] slots(int bits, int multiplier, Buckets buckets) {
            int[] slots = new int[keys.length];
            int[] starts = new int[buckets.displacements.length + 1];
            for (int i = 0; i < keys.length; i++) {
                slots[i] = hash(keys[i], multiplier, Integer.SIZE - bits);
                starts[buckets.of(keys[i]) + 1]++;
            }
            int fullest = 0;
            for (int bucket = 0; bucket < buckets.displacements.length; bucket++) {
                fullest = Math.max(fullest, starts[bucket + 1]);
                starts[bucket + 1] += starts[bucket];
            }
            int[] members = new int[keys.length];
            int[] ends = starts.clone();
            for (int i = 0; i < keys.length; i++) {
                members[ends[buckets.of(keys[i])]++] = i;
            }
            BitSet taken = new BitSet(1 << bits);
            for (int size = fullest; size > 0; size--) {
                for (int bucket = 0; bucket < buckets.displacements.length; bucket++) {
                    int from = starts[bucket];
                    if (ends[bucket] - from == size) {
                        int displacement = takeSlots(members, from, from + size, slots, taken, 1 << bits);
                        if (displacement < 0) {
                            return new int[0];
                        }
                        buckets.displacements[bucket] = displacement;
                        for (int i = from; i < from + size; i++) {
                            slots[members[i]] ^= displacement;
                        }
                    }
                }
            }
            return slots;
        }

        /** {@return a displacement by which a bucket's slots are all free, and are then taken; -1 if there is none} */
        private int takeSlots(int[] members, int from, int to, int[] slots, BitSet taken, int size) {
            if (hasEqualSlots(members, from, to, slots)) {
                return -1;
            }
            for (int displacement = 0; displacement < size && steps > 0; displacement++) {
                int i = from;
                while (i < to && !taken.get(slots[members[i]] ^ displacement)) {
                    i++;
                }
                steps -= i - from + 1;
                if (i == to) {
                    while (--i >= from) {
                        taken.set(slots[members[i]] ^ displacement);
                    }
                    return displacement;
                }
            }
            return -1;
        }

        /** No displacement makes equal slots different. */
        private boolean hasEqualSlots(int[] members, int from, int to, int[] slots) {
            own.clear();
            for (int i = from; i < to; i++) {
                if (own.get(slots[members[i]])) {
                    return true;
                }
                own.set(slots[members[i]]);
            }
            return false;
        }
    }
}
