package io.github.nettybpf.expression.origin;

import io.github.nettybpf.core.AluOp;
import io.github.nettybpf.expression.lower.RangeSet;
import io.github.nettybpf.expression.lower.Value;
import io.github.nettybpf.expression.lower.ValueTable;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiFunction;
import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;

/**
 * What a register or scratch slot holds, whichever path was taken.
 *
 * @param values the values that it may hold, and the numbers that each can be after the comparisons before
 * @param definitions the instructions that have computed it, by their indexes
 */
record Contents(Map<Possible, RangeSet> values, Set<Integer> definitions) {
    static final Contents NONE = new Contents(Map.of(), Set.of());

    /**
     * A value that a register may hold.
     *
     * @param value the value
     * @param unit a power of two: the value is rounded down to a multiple of it
     */
    record Possible(Value value, long unit) {}

    /** {@return the contents after an instruction that gives one value} */
    static Contents of(Value value, int pc) {
        return new Contents(Map.of(new Possible(value, 1), all(value)), Set.of(pc));
    }

    /** {@return the numbers that a value can be} */
    private static RangeSet all(Value value) {
        Value mask = value.mask();
        return mask != null && Integer.bitCount(mask.k) == 1
                ? RangeSet.union(List.of(RangeSet.of(0), RangeSet.of(mask.k)))
                : RangeSet.between(0, value.max);
    }

    /** {@return the same contents, to compute which took one more instruction} */
    Contents after(int pc) {
        Set<Integer> definitions = new TreeSet<>(definitions());
        definitions.add(pc);
        return new Contents(values, definitions);
    }

    /** {@return the contents after an operation} */
    Contents map(UnaryOperator<Value> operation, int pc) {
        Map<Possible, RangeSet> mapped = new HashMap<>();
        values.keySet().stream().filter(possible -> possible.unit == 1).forEach(possible -> {
            Value result = operation.apply(possible.value);
            mapped.put(new Possible(result, 1), all(result));
        });
        return new Contents(mapped, definitions).after(pc);
    }

    /** {@return the contents after an operation with another register} */
    Contents combine(Contents other, BinaryOperator<Value> operation, int pc) {
        Contents combined = new Contents(new HashMap<>(), definitions);
        other.values.keySet().stream()
                .filter(right -> right.unit == 1)
                .forEach(right -> combined.values.putAll(map(left -> operation.apply(left, right.value), pc).values));
        return combined.join(new Contents(Map.of(), other.definitions)).after(pc);
    }

    /** {@return the contents after an operation with the mask} A mask of high bits rounds down. */
    Contents masked(int mask, ValueTable table, int pc) {
        Contents mapped = map(value -> table.binary(AluOp.AND, value, table.constant(mask)), pc);
        long unit = Integer.toUnsignedLong(Integer.lowestOneBit(mask));
        values.forEach((possible, numbers) -> {
            if (unit > 1 && possible.unit == 1 && mask == (int) (-unit & possible.value.max)) {
                mapped.values.put(new Possible(possible.value, unit), numbers);
            }
        });
        return mapped;
    }

    /** {@return the contents as far as their numbers are in the range} */
    Contents within(long start, long end) {
        return restricted((possible, numbers) -> numbers.within(start, end));
    }

    /** {@return the contents as far as they are the number} */
    Contents only(long number) {
        return restricted((possible, numbers) -> numbers.within(number, number + possible.unit));
    }

    /** {@return the contents as far as they are not the number} */
    Contents without(long number) {
        return restricted((possible, numbers) -> numbers.without(number, number + possible.unit));
    }

    /** {@return the contents of a branch} One that no number takes, which the optimizer may have left, restricts nothing. */
    private Contents restricted(BiFunction<Possible, RangeSet, RangeSet> restriction) {
        Map<Possible, RangeSet> left = new HashMap<>();
        values.forEach((possible, numbers) -> {
            RangeSet rest = restriction.apply(possible, numbers);
            if (!rest.isEmpty()) {
                left.put(possible, rest);
            }
        });
        return left.isEmpty() ? this : new Contents(left, definitions);
    }

    /** {@return the contents of either} */
    Contents join(Contents other) {
        Map<Possible, RangeSet> both = new HashMap<>(values);
        other.values.forEach((possible, numbers) ->
                both.merge(possible, numbers, (a, b) -> a.equals(b) ? a : RangeSet.union(List.of(a, b))));
        Set<Integer> all = new TreeSet<>(definitions);
        all.addAll(other.definitions);
        return new Contents(both, all);
    }
}
