package io.github.nettybpf.core.address;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Ranges of 128-bit numbers, as four words each: the first number, high and low half, and the last one. An IPv4 address
 * stands in the highest 32 bits; of the others, a range has all. Not thread-safe.
 */
final class RangeList {
    private static final int WORDS = 4;

    private long[] words = new long[WORDS * 16];
    private int size;

    /** Adds a range; the last number is not below the first. */
    void add(long firstHigh, long firstLow, long lastHigh, long lastLow) {
        int at = WORDS * size;
        if (at == words.length) {
            words = Arrays.copyOf(words, 2 * at);
        }
        words[at] = firstHigh;
        words[at + 1] = firstLow;
        words[at + 2] = lastHigh;
        words[at + 3] = lastLow;
        size++;
    }

    /** Adds a range that is after all others; makes one of it and the last if it follows that. */
    void append(long firstHigh, long firstLow, long lastHigh, long lastLow) {
        add(firstHigh, firstLow, lastHigh, lastLow);
        if (size > 1 && reaches(size - 2, size - 1)) {
            size--;
            words[WORDS * size - 2] = lastHigh;
            words[WORDS * size - 1] = lastLow;
        }
    }

    /** Adds ranges of another list. */
    void addAll(RangeList other, int from, int to) {
        for (int range = from; range < to; range++) {
            add(other.firstHigh(range), other.firstLow(range), other.lastHigh(range), other.lastLow(range));
        }
    }

    int size() {
        return size;
    }

    long firstHigh(int range) {
        return words[WORDS * range];
    }

    long firstLow(int range) {
        return words[WORDS * range + 1];
    }

    long lastHigh(int range) {
        return words[WORDS * range + 2];
    }

    long lastLow(int range) {
        return words[WORDS * range + 3];
    }

    /** Sorts the ranges, and makes one of those that overlap or follow each other. */
    void normalize() {
        sort();
        int kept = 0;
        for (int range = 1; range < size; range++) {
            if (reaches(kept, range)) {
                if (compare(lastHigh(range), lastLow(range), lastHigh(kept), lastLow(kept)) > 0) {
                    words[WORDS * kept + 2] = lastHigh(range);
                    words[WORDS * kept + 3] = lastLow(range);
                }
            } else {
                kept++;
                System.arraycopy(words, WORDS * range, words, WORDS * kept, WORDS);
            }
        }
        size = Math.min(size, kept + 1);
    }

    /** {@return whether there is no number between the end of a range and the start of a later one} */
    private boolean reaches(int range, int later) {
        long low = lastLow(range) + 1;
        long high = low == 0 ? lastHigh(range) + 1 : lastHigh(range);
        boolean isLast = low == 0 && high == 0;
        return isLast || compare(firstHigh(later), firstLow(later), high, low) <= 0;
    }

    /** Compares where a range of this list begins with where one of another list does. */
    int compareFirst(int range, RangeList other, int otherRange) {
        return compare(firstHigh(range), firstLow(range), other.firstHigh(otherRange), other.firstLow(otherRange));
    }

    /** Compares where a range of this list ends with where one of another list does. */
    int compareLast(int range, RangeList other, int otherRange) {
        return compare(lastHigh(range), lastLow(range), other.lastHigh(otherRange), other.lastLow(otherRange));
    }

    /** {@return all numbers that are not in this list, which is normalized} */
    RangeList complement() {
        RangeList others = new RangeList();
        long high = 0;
        long low = 0;
        boolean isDone = false;
        for (int range = 0; range < size; range++) {
            if (compare(high, low, firstHigh(range), firstLow(range)) < 0) {
                long lastLow = firstLow(range) - 1;
                others.add(high, low, firstLow(range) == 0 ? firstHigh(range) - 1 : firstHigh(range), lastLow);
            }
            low = lastLow(range) + 1;
            high = low == 0 ? lastHigh(range) + 1 : lastHigh(range);
            isDone = low == 0 && high == 0;
        }
        if (!isDone) {
            others.add(high, low, -1, -1);
        }
        return others;
    }

    /** Compares two numbers of 128 bits without a sign. */
    static int compare(long high, long low, long otherHigh, long otherLow) {
        int halves = Long.compareUnsigned(high, otherHigh);
        return halves != 0 ? halves : Long.compareUnsigned(low, otherLow);
    }

    /** A merge sort: no order of the input makes it slow, and sorted input is only looked at. */
    private void sort() {
        int sorted = 1;
        while (sorted < size && isOrdered(words, sorted - 1, sorted)) {
            sorted++;
        }
        if (sorted >= size) {
            return;
        }
        long[] from = words;
        long[] to = new long[words.length];
        for (int width = 1; width < size; width *= 2) {
            for (int start = 0; start < size; start += 2 * width) {
                int middle = Math.min(start + width, size);
                merge(from, to, start, middle, Math.min(middle + width, size));
            }
            long[] swapped = from;
            from = to;
            to = swapped;
        }
        words = from;
    }

    private static void merge(long[] from, long[] to, int start, int middle, int end) {
        if (middle == end || isOrdered(from, middle - 1, middle)) {
            System.arraycopy(from, WORDS * start, to, WORDS * start, WORDS * (end - start));
            return;
        }
        int left = start;
        int right = middle;
        for (int at = start; at < end; at++) {
            boolean takesLeft = right == end || (left < middle && isOrdered(from, left, right));
            int source = WORDS * (takesLeft ? left++ : right++);
            int target = WORDS * at;
            to[target] = from[source];
            to[target + 1] = from[source + 1];
            to[target + 2] = from[source + 2];
            to[target + 3] = from[source + 3];
        }
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof RangeList list
                && Arrays.equals(words, 0, WORDS * size, list.words, 0, WORDS * list.size);
    }

    @Override
    public int hashCode() {
        int hash = 0;
        for (int word = 0; word < WORDS * size; word++) {
            hash = 31 * hash + Long.hashCode(words[word]);
        }
        return hash;
    }

    private static boolean isOrdered(long[] words, int a, int b) {
        int first = WORDS * a;
        int second = WORDS * b;
        return compare(words[first], words[first + 1], words[second], words[second + 1]) <= 0;
    }
}
