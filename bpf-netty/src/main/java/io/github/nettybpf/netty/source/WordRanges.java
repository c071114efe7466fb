package io.github.nettybpf.netty.source;

import java.util.ArrayList;
import java.util.List;

/** Ranges of addresses of some words of 32 bits each, in ascending order; no two overlap. */
final class WordRanges {
    /** Both ends, the highest word first. */
    private static final class Range {
        final int[] first;
        final int[] last;

        Range(int[] first, int[] last) {
            this.first = first;
            this.last = last;
        }
    }

    private final int words;
    private final List<Range> ranges = new ArrayList<>();

    WordRanges(int words) {
        this.words = words;
    }

    /** Adds a range after all others. */
    void add(int[] first, int[] last) {
        ranges.add(new Range(first, last));
    }

    boolean isEmpty() {
        return ranges.isEmpty();
    }

    /**
     * {@return what the values of one word mean, in ascending order, where the words before are the same in all ranges}
     *
     * @param level which word, from 0
     */
    List<WordValues> values(int level) {
        List<WordValues> values = new ArrayList<>();
        for (Range range : ranges) {
            int first = range.first[level];
            int last = range.last[level];
            boolean fromStart = isAll(range.first, level + 1, 0);
            boolean toEnd = isAll(range.last, level + 1, -1);
            if (first == last && !(fromStart && toEnd)) {
                addPart(values, first, range.first, range.last);
                continue;
            }
            if (!fromStart) {
                addPart(values, first, range.first, filled(range.first, level + 1, -1));
            }
            // As longs: the values after the first and before the last may be none.
            long from = Integer.toUnsignedLong(first) + (fromStart ? 0 : 1);
            long to = Integer.toUnsignedLong(last) - (toEnd ? 0 : 1);
            if (from <= to) {
                addAll(values, (int) from, (int) to);
            }
            if (!toEnd) {
                addPart(values, last, filled(range.last, level + 1, 0), range.last);
            }
        }
        return values;
    }

    private boolean isAll(int[] address, int from, int value) {
        for (int word = from; word < words; word++) {
            if (address[word] != value) {
                return false;
            }
        }
        return true;
    }

    private int[] filled(int[] address, int from, int value) {
        int[] filled = address.clone();
        for (int word = from; word < words; word++) {
            filled[word] = value;
        }
        return filled;
    }

    private void addPart(List<WordValues> values, int value, int[] first, int[] last) {
        WordValues previous = values.isEmpty() ? null : values.get(values.size() - 1);
        WordRanges part = previous != null && previous.first() == value ? previous.part() : null;
        if (part == null) {
            part = new WordRanges(words);
            values.add(new WordValues(value, value, part));
        }
        part.add(first, last);
    }

    /** Adds values whose addresses are all in the ranges. Signed and unsigned values are never in one. */
    private static void addAll(List<WordValues> values, int first, int last) {
        if (first >= 0 && last < 0) {
            addAll(values, first, Integer.MAX_VALUE);
            addAll(values, Integer.MIN_VALUE, last);
            return;
        }
        WordValues previous = values.isEmpty() ? null : values.get(values.size() - 1);
        boolean follows = previous != null
                && previous.part() == null
                && previous.last() + 1 == first
                && first != Integer.MIN_VALUE;
        if (previous != null && follows) {
            values.set(values.size() - 1, new WordValues(previous.first(), last, null));
        } else {
            values.add(new WordValues(first, last, null));
        }
    }
}
