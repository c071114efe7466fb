package io.github.nettybpf.core;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Random programs that search for a value in trees of comparisons, as a compiler generates them for long lists, and
 * packets that contain the values. Some comparisons are not what a compiler would generate: constants are repeated or
 * out of order, so that no value reaches what follows them, and jumps lead into the middle of another tree.
 */
final class RandomTrees {
    private static final long[] EDGES = {
        0, 1, 2, 255, 256, 0x7ffffffeL, 0x7fffffffL, 0x80000000L, 0x80000001L, 0xfffffffeL, 0xffffffffL
    };
    private static final int ANCHORS = 40;
    private static final int FARTHEST = 250;

    private final SplittableRandom random;

    /** The constants of the programs, which packets contain exactly or nearly. */
    private final long[] anchors;

    /** The program in reverse order. */
    private final List<RawInstruction> backwards = new ArrayList<>();

    RandomTrees(long seed) {
        random = new SplittableRandom(seed);
        anchors = random.longs(ANCHORS, 0, 1L << 32).toArray();
        for (int i = 0; i < ANCHORS / 2; i++) {
            anchors[i] = i < ANCHORS / 4 ? 0x0a000000L + random.nextInt(1 << 16) * 256L : random.nextInt(1 << 16);
        }
    }

    /** {@return a program of one or several trees, one after the other} */
    Program program() {
        backwards.clear();
        List<Integer> ends = ends();
        int start = 0;
        int left = random.nextInt(1, 5);
        int most = random.nextInt(8) == 0 ? 500 : 40;
        for (int i = 0; i < left && backwards.size() < Program.MAX_SIZE / 2; i++) {
            int size = random.nextInt(4, most);
            boolean isSet = random.nextBoolean();
            int yes = end(ends);
            int no = end(ends);
            long[] constants = constants(size);
            start = tree(constants, 0, size, isSet ? List.of(yes, no) : ends, random.nextInt(1, 9));
            if (random.nextInt(4) > 0) {
                start = load(start);
            }
            ends.add(start);
        }
        jumpTo(start);
        add(RawInstruction.of(0x07, 0));
        add(RawInstruction.of(0x02, 0));
        add(RawInstruction.of(0x20, 4 * random.nextInt(4)));
        List<RawInstruction> program = new ArrayList<>(backwards);
        Collections.reverse(program);
        return Program.ofRaw(program);
    }

    /** {@return bytes most of which are constants of the programs} */
    byte[] packet() {
        byte[] packet = new byte[random.nextInt(10) == 0 ? random.nextInt(24) : 24];
        for (int i = 0; i < packet.length; i += 4) {
            long value = value();
            for (int n = 0; n < 4 && i + n < packet.length; n++) {
                packet[i + n] = (byte) (value >>> (24 - 8 * n));
            }
        }
        return packet;
    }

    private long value() {
        return switch (random.nextInt(8)) {
            case 0 -> EDGES[random.nextInt(EDGES.length)];
            case 1 -> random.nextInt() & 0xffff_ffffL;
            case 2 -> anchors[random.nextInt(ANCHORS)] << 16 & 0xffff_ffffL;
            default -> anchors[random.nextInt(ANCHORS)] + random.nextInt(-1, 4) & 0xffff_ffffL;
        };
    }

    private long[] constants(int size) {
        long[] constants = new long[size];
        int kind = random.nextInt(4);
        Arrays.setAll(constants, i -> kind == 0 ? value() & -256L : kind == 1 ? value() & 0xffff : value());
        Arrays.sort(constants);
        return constants;
    }

    /** Adds returns that use no register, A, X or M[0]. */
    private List<Integer> ends() {
        List<Integer> ends = new ArrayList<>();
        for (int i = random.nextInt(1, 4); i > 0; i--) {
            ends.add(add(RawInstruction.of(0x06, random.nextInt(4) == 0 ? 0 : i)));
        }
        int ret = add(RawInstruction.of(0x16, 0));
        ends.add(ret);
        int[] operations = {0x60, 0x87, 0x0c, 0x84};
        for (int operation : operations) {
            if (random.nextInt(3) == 0) {
                jumpTo(ret);
                ends.add(add(RawInstruction.of(operation, 0)));
            }
        }
        return ends;
    }

    private int load(int next) {
        jumpTo(next);
        return switch (random.nextInt(6)) {
            case 0 -> add(RawInstruction.of(0x28, 2 * random.nextInt(12)));
            case 1 -> add(RawInstruction.of(0x30, random.nextInt(24)));
            case 2 -> {
                add(RawInstruction.of(0x54, random.nextBoolean() ? 0xffffff00 : random.nextInt()));
                yield add(RawInstruction.of(0x20, 4 * random.nextInt(6)));
            }
            case 3 -> add(RawInstruction.of(0x60, 0));
            default -> add(RawInstruction.of(0x20, 4 * random.nextInt(6)));
        };
    }

    private int tree(long[] constants, int from, int to, List<Integer> ends, int leaf) {
        if (to - from <= leaf) {
            int next = end(ends);
            for (int i = to - 1; i >= from; i--) {
                int code = random.nextInt(6) == 0 ? 0x25 : random.nextInt(6) == 0 ? 0x35 : 0x15;
                next = compare(code, constants[i], end(ends), next);
            }
            return next;
        }
        int middle = (from + to) >>> 1;
        int high = tree(constants, middle, to, ends, leaf);
        int low = tree(constants, from, middle, ends, leaf);
        long k = random.nextInt(40) == 0 ? value() : constants[middle];
        return random.nextInt(5) == 0 ? compare(0x25, k, high, low) : compare(0x35, k, high, low);
    }

    /** A target: one of the returns, or rarely any other instruction. */
    private int end(List<Integer> ends) {
        return random.nextInt(400) == 0 ? random.nextInt(backwards.size()) : ends.get(random.nextInt(ends.size()));
    }

    private int compare(int code, long k, int yes, int no) {
        int nearYes = near(yes);
        int nearNo = near(no);
        int at = backwards.size();
        boolean reversed = code == 0x15 && random.nextInt(40) == 0;
        int jt = at - 1 - (reversed ? nearNo : nearYes);
        return add(new RawInstruction(code, jt, at - 1 - (reversed ? nearYes : nearNo), (int) k));
    }

    private int near(int target) {
        return backwards.size() - target > FARTHEST || random.nextInt(40) == 0
                ? add(RawInstruction.of(0x05, backwards.size() - 1 - target))
                : target;
    }

    /** Makes the next instruction that is added continue there. */
    private void jumpTo(int target) {
        if (target != backwards.size() - 1) {
            add(RawInstruction.of(0x05, backwards.size() - 1 - target));
        }
    }

    private int add(RawInstruction instruction) {
        backwards.add(instruction);
        return backwards.size() - 1;
    }
}
