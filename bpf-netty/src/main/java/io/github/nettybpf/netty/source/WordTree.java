package io.github.nettybpf.netty.source;

import io.github.nettybpf.core.AluOp;
import io.github.nettybpf.core.Instruction.AluConstant;
import io.github.nettybpf.core.JumpCondition;
import io.github.nettybpf.netty.code.LabeledCode;
import io.github.nettybpf.netty.code.LabeledCode.Label;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;

/**
 * Compares A, a word of an address, with ranges: a binary search down to chains of comparisons, so that an address takes
 * about one instruction and a range two. Groups of instructions end with jumps to both labels, because a conditional
 * jump reaches 255 instructions at most.
 */
final class WordTree {
    /** So many comparisons in a row cost less than the instructions of a further division would take away. */
    private static final int CHAIN = 24;

    /** Instructions of one group: a little less than a conditional jump can skip. */
    private static final int GROUP = 200;

    /** From so many values on, it is worth an instruction that their constants are not negative. */
    private static final int MANY = 16;

    private final LabeledCode code;
    private final List<WordValues> values;
    private final List<Label> parts = new ArrayList<>();
    private final int level;
    private final IntConsumer load;
    private final Label in;
    private final Label out;
    private int mask = -1;

    /**
     * Prepares a tree.
     *
     * @param level which word is in A, from 0
     * @param load emits the instruction that loads a word
     */
    WordTree(LabeledCode code, WordRanges ranges, int level, IntConsumer load, Label in, Label out) {
        this.code = code;
        this.values = ranges.values(level);
        this.level = level;
        this.load = load;
        this.in = in;
        this.out = out;
        values.forEach(each -> parts.add(each.part() == null ? in : new Label()));
    }

    void emit() {
        int high = 0;
        while (high < values.size() && values.get(high).first() >= 0) {
            high++;
        }
        if (values.size() - high >= MANY) {
            // The kernel makes two instructions of a comparison with a negative constant.
            Label positive = new Label();
            Label negative = new Label();
            code.jumpIf(JumpCondition.JGE, Integer.MIN_VALUE, negative, positive);
            code.place(positive);
            emitGroups(0, high);
            code.place(negative);
            code.add(new AluConstant(AluOp.AND, Integer.MAX_VALUE));
            mask = Integer.MAX_VALUE;
            emitGroups(high, values.size());
        } else {
            emitGroups(0, values.size());
        }
        for (int i = 0; i < values.size(); i++) {
            WordRanges part = values.get(i).part();
            if (part != null) {
                code.place(parts.get(i));
                load.accept(level + 1);
                new WordTree(code, part, level + 1, load, in, out).emit();
            }
        }
    }

    private void emitGroups(int from, int to) {
        if (from == to) {
            code.jump(out);
        } else if (size(from, to) <= GROUP) {
            Label nearIn = new Label();
            Label nearOut = new Label();
            emitGroup(from, to, nearIn, nearOut);
            code.place(nearIn);
            code.jump(in);
            code.place(nearOut);
            code.jump(out);
        } else {
            int middle = (from + to) >>> 1;
            Label upper = divide(middle);
            emitGroups(from, middle);
            code.place(upper);
            emitGroups(middle, to);
        }
    }

    /** {@return where it goes on from the value in the middle on} With the lower ones it goes on next. */
    private Label divide(int middle) {
        Label upper = new Label();
        code.jumpIf(JumpCondition.JGE, values.get(middle).first() & mask, upper);
        return upper;
    }

    private int size(int from, int to) {
        int size = 2 * (to - from) / CHAIN;
        for (int i = from; i < to; i++) {
            size += values.get(i).isOne() ? 1 : 2;
        }
        return size;
    }

    private void emitGroup(int from, int to, Label nearIn, Label nearOut) {
        if (to - from <= CHAIN) {
            for (int i = from; i < to; i++) {
                emitComparison(i, i + 1 == to, nearIn, nearOut);
            }
            return;
        }
        int middle = (from + to) >>> 1;
        Label upper = divide(middle);
        emitGroup(from, middle, nearIn, nearOut);
        code.place(upper);
        emitGroup(middle, to, nearIn, nearOut);
    }

    /** Values that are lower than those compared before went on elsewhere already, or are not in the set. */
    private void emitComparison(int i, boolean isLast, Label nearIn, Label nearOut) {
        WordValues compared = values.get(i);
        Label target = compared.part() == null ? nearIn : parts.get(i);
        Label next = isLast ? nearOut : new Label();
        int first = compared.first() & mask;
        int last = compared.last() & mask;
        if (first == last) {
            code.jumpIf(JumpCondition.JEQ, first, target, next);
        } else if (first == 0) {
            code.jumpIf(JumpCondition.JGT, last, next, target);
        } else if (last == mask) {
            code.jumpIf(JumpCondition.JGE, first, target, nearOut);
        } else {
            Label upTo = new Label();
            code.jumpIf(JumpCondition.JGT, last, next, upTo);
            code.place(upTo);
            code.jumpIf(JumpCondition.JGE, first, target, nearOut);
        }
        if (!isLast) {
            code.place(next);
        }
    }
}
