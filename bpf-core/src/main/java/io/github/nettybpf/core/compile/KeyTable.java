package io.github.nettybpf.core.compile;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A hash table that never changes: a key is in one slot or, in a table of two choices, in one of two. What is in no use
 * holds a key whose slot is elsewhere, so that one comparison finds out whether the key is there.
 *
 * <p>A slot is {@code (key * multiplier) >>> shift}. The multipliers are tried out, always in the same order.
 */
final class KeyTable {
    private static final int TRIES = 400;

    /** Up to this size a table of one choice is worth its memory: 16 KiB. */
    private static final int LARGEST_SINGLE = 1 << 12;

    final int[] keys;

    /** For each slot the index of its key in the list that the table was made of. */
    final int[] indices;

    final int shift;
    final int first;

    /** The multiplier of the other choice; 0 if there is none. */
    final int second;

    private KeyTable(List<Integer> content, int bits, int first, int second, int[] slots) {
        this.shift = Integer.SIZE - bits;
        this.first = first;
        this.second = second;
        keys = new int[1 << bits];
        indices = new int[1 << bits];
        Arrays.fill(keys, content.get(0));
        for (int i = 0; i < slots.length; i++) {
            keys[slots[i]] = content.get(i);
            indices[slots[i]] = i;
        }
    }

    /** {@return a table of these keys, which are at least two and all different} */
    static KeyTable of(List<Integer> keys) {
        SplittableRandom random = new SplittableRandom(keys.size());
        int bits = bitsFor(2L * keys.size());
        for (; 1 << bits <= LARGEST_SINGLE; bits++) {
            for (int i = 0; i < TRIES / keys.size() + 8; i++) {
                int multiplier = random.nextInt() | 1;
                int[] slots = single(keys, bits, multiplier);
                if (slots.length > 0) {
                    return new KeyTable(keys, bits, multiplier, 0, slots);
                }
            }
        }
        return ofTwoChoices(keys, random);
    }

    private static int slot(int key, int multiplier, int bits) {
        return (key * multiplier) >>> (Integer.SIZE - bits);
    }

    private static int bitsFor(long slots) {
        return Long.SIZE - Long.numberOfLeadingZeros(slots - 1);
    }

    /** {@return each key's slot}, or nothing if two have the same. */
    private static int[] single(List<Integer> keys, int bits, int multiplier) {
        boolean[] taken = new boolean[1 << bits];
        int[] slots = new int[keys.size()];
        for (int i = 0; i < slots.length; i++) {
            int slot = slot(keys.get(i), multiplier, bits);
            if (taken[slot]) {
                return new int[0];
            }
            taken[slot] = true;
            slots[i] = slot;
        }
        return slots;
    }

    /** Cuckoo hashing. With a quarter of the slots in use hardly any pair of multipliers fails. */
    private static KeyTable ofTwoChoices(List<Integer> keys, SplittableRandom random) {
        for (int bits = bitsFor(3L * keys.size()); ; ) {
            for (int i = 0; i < 32; i++) {
                int first = random.nextInt() | 1;
                int second = random.nextInt() | 1;
                int[] slots = cuckoo(keys, bits, first, second);
                if (slots.length > 0) {
                    return new KeyTable(keys, bits, first, second, slots);
                }
            }
            bits++;
        }
    }

    private static int[] cuckoo(List<Integer> keys, int bits, int first, int second) {
        int[] slots = new int[keys.size()];
        int[] holder = new int[1 << bits];
        Arrays.fill(holder, -1);
        for (int i = 0; i < slots.length; i++) {
            int moving = i;
            int slot = slot(keys.get(i), first, bits);
            for (int moves = 0; moving >= 0; moves++) {
                if (moves > 2 * bits + 16) {
                    return new int[0];
                }
                int evicted = holder[slot];
                holder[slot] = moving;
                slots[moving] = slot;
                moving = evicted;
                if (moving >= 0) {
                    int one = slot(keys.get(moving), first, bits);
                    slot = slot == one ? slot(keys.get(moving), second, bits) : one;
                }
            }
        }
        return slots;
    }
}
