package io.github.nettybpf.core.compile;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.objectweb.asm.Opcodes;

/**
 * A perfect hash table that never changes: each key has a slot of its own. What is in no use holds a key whose slot is
 * elsewhere, so that one comparison finds out whether the key is there.
 *
 * <p>A slot is {@code (key * multiplier) >>> shift}. In a table of many keys no multiplier keeps all of them apart; there,
 * keys are first divided into groups by another multiplier, and a group's number of {@code moves} changes the bits of its
 * slots by exclusive or. The multipliers are tried out, always in the same order.
 */
final class KeyTable {
    private static final int TRIES = 400;

    /** Up to this size a table without groups is worth its memory: 16 KiB. */
    private static final int LARGEST_SINGLE = 1 << 12;

    final int[] keys;

    /** For each slot the index of its key in the list that the table was made of. */
    final int[] indices;

    private final int shift;
    private final int multiplier;

    /** For each group what moves its slots, in the highest bits; empty if there are no groups. */
    private final int[] moves;

    private final int groupShift;
    private final int groupMultiplier;

    private KeyTable(int[] content, int bits, int multiplier, int[] slots, Groups groups) {
        this.shift = Integer.SIZE - bits;
        this.multiplier = multiplier;
        this.moves = Arrays.stream(groups.moves).map(move -> move << shift).toArray();
        this.groupShift = groups.shift;
        this.groupMultiplier = groups.multiplier;
        keys = new int[1 << bits];
        indices = new int[1 << bits];
        Arrays.fill(keys, content[0]);
        for (int i = 0; i < slots.length; i++) {
            keys[slots[i]] = content[i];
            indices[slots[i]] = i;
        }
    }

    /** {@return a table of these keys, which are at least two and all different} */
    static KeyTable of(List<Integer> content) {
        int[] keys = content.stream().mapToInt(Integer::intValue).toArray();
        SplittableRandom random = new SplittableRandom(keys.length);
        int bits = bitsFor(2L * keys.length);
        for (int wider = bits; 1 << wider <= LARGEST_SINGLE; wider++) {
            for (int i = 0; i < TRIES / keys.length + 8; i++) {
                int multiplier = random.nextInt() | 1;
                int[] slots = single(keys, wider, multiplier);
                if (slots.length > 0) {
                    return new KeyTable(keys, wider, multiplier, slots, new Groups(0, 0, new int[0]));
                }
            }
        }
        return moved(keys, bits, random);
    }

    /** Pushes the slot that the key must be in that {@code pushKey} pushes. */
    void pushSlot(Code code, Runnable pushKey) {
        pushProduct(code, pushKey, multiplier);
        if (moves.length > 0) {
            code.table(moves);
            pushProduct(code, pushKey, groupMultiplier);
            code.constant(groupShift);
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

    private static int slot(int key, int multiplier, int shift) {
        return (key * multiplier) >>> shift;
    }

    private static int bitsFor(long slots) {
        return Long.SIZE - Long.numberOfLeadingZeros(slots - 1);
    }

    /** {@return each key's slot}, or nothing if two have the same. */
    private static int[] single(int[] keys, int bits, int multiplier) {
        boolean[] taken = new boolean[1 << bits];
        int[] slots = new int[keys.length];
        for (int i = 0; i < slots.length; i++) {
            int slot = slot(keys[i], multiplier, Integer.SIZE - bits);
            if (taken[slot]) {
                return new int[0];
            }
            taken[slot] = true;
            slots[i] = slot;
        }
        return slots;
    }

    /** How keys are divided, and where the slots of each group are moved to. */
    private static final class Groups {
        final int multiplier;
        final int shift;
        final int[] moves;

        Groups(int multiplier, int shift, int[] moves) {
            this.multiplier = multiplier;
            this.shift = shift;
            this.moves = moves;
        }

        int of(int key) {
            return slot(key, multiplier, shift);
        }
    }

    private static KeyTable moved(int[] keys, int leastBits, SplittableRandom random) {
        int groupBits = leastBits - 2;
        for (int bits = leastBits; ; bits++) {
            for (int i = 0; i < 32; i++) {
                int multiplier = random.nextInt() | 1;
                Groups groups = new Groups(random.nextInt() | 1, Integer.SIZE - groupBits, new int[1 << groupBits]);
                int[] slots = move(keys, bits, multiplier, groups);
                if (slots.length > 0) {
                    return new KeyTable(keys, bits, multiplier, slots, groups);
                }
            }
        }
    }

    /** Finds a place for one group after the other, the largest first. {@return each key's slot}, or nothing. */
    private static int[] move(int[] keys, int bits, int multiplier, Groups groups) {
        int[] slots = new int[keys.length];
        int[] starts = new int[groups.moves.length + 1];
        for (int i = 0; i < keys.length; i++) {
            slots[i] = slot(keys[i], multiplier, Integer.SIZE - bits);
            starts[groups.of(keys[i]) + 1]++;
        }
        int largest = 0;
        for (int group = 0; group < groups.moves.length; group++) {
            largest = Math.max(largest, starts[group + 1]);
            starts[group + 1] += starts[group];
        }
        int[] members = new int[keys.length];
        int[] ends = starts.clone();
        for (int i = 0; i < keys.length; i++) {
            members[ends[groups.of(keys[i])]++] = i;
        }
        boolean[] taken = new boolean[1 << bits];
        for (int size = largest; size > 0; size--) {
            for (int group = 0; group < groups.moves.length; group++) {
                int from = starts[group];
                if (ends[group] - from == size) {
                    int move = move(members, from, from + size, slots, taken);
                    if (move < 0) {
                        return new int[0];
                    }
                    groups.moves[group] = move;
                    for (int i = from; i < from + size; i++) {
                        slots[members[i]] ^= move;
                    }
                }
            }
        }
        return slots;
    }

    /** {@return what brings all of a group's slots to where none is taken, which they then are}; or -1. */
    private static int move(int[] members, int from, int to, int[] slots, boolean[] taken) {
        for (int move = 0; move < taken.length; move++) {
            int i = from;
            while (i < to && !taken[slots[members[i]] ^ move]) {
                taken[slots[members[i++]] ^ move] = true;
            }
            if (i == to) {
                return move;
            }
            while (--i >= from) {
                taken[slots[members[i]] ^ move] = false;
            }
        }
        return -1;
    }
}
