package io.github.nettybpf.benchmarks;

import io.github.nettybpf.core.Program;
import java.util.Random;

/**
 * Generates a program of the maximum length: more than six hundred rules, each of which tests one field of an Ethernet
 * frame and changes a score in M[0]. M[1] is the length of the IP header. Nearly all frames run through all rules; a
 * frame ends early if a load is out of its bounds, and ICMP ends half-way. The verdict is 0 for a quarter of the
 * scores. The program is the same in every run, because its seed is fixed.
 */
final class Scoring {
    private static final int LONGEST_RULE = 8;

    private final Random random = new Random(4);
    private final StringBuilder text = new StringBuilder();
    private int size;

    /** {@return the program in bpf_asm notation} */
    static String text() {
        return new Scoring().write();
    }

    private String write() {
        String[] end = {"rsh #3", "and #3", "mul #500", "ret a"};
        add("ldxb 4*([14]&0xf)", "stx M[1]", "ld #1", "st M[0]");
        rules(Program.MAX_SIZE / 2);
        add("ldb [23]", "jneq #1, stay", "ret #64");
        text.append("stay:\n");
        rules(Program.MAX_SIZE - end.length - 1);
        add("ld M[0]");
        while (size < Program.MAX_SIZE - end.length) {
            add("add #1");
        }
        add(end);
        return text.toString();
    }

    private void rules(int until) {
        while (size + LONGEST_RULE <= until) {
            rule("hit" + size, "next" + size);
        }
    }

    private void rule(String hit, String next) {
        int offset = random.nextInt(48);
        int k = random.nextInt(192);
        switch (random.nextInt(5)) {
            case 0 -> add("ldb [" + offset + "]", "jlt #" + k + ", " + next, "jgt #" + (k + 63) + ", " + next);
            case 1 -> add("ldh [" + offset + "]", "jset #" + (k | 1) + ", " + hit + ", " + next);
            case 2 ->
                add(
                        "ld [" + offset + "]",
                        "rsh #28",
                        "jeq #" + k % 5 + ", " + hit,
                        "jeq #" + (5 + k % 7) + ", " + hit,
                        "jeq #" + (12 + k % 4) + ", " + hit + ", " + next);
            case 3 -> add("ldx M[1]", "ldh [x + " + (14 + k % 4) + "]", "jgt #" + k * 256 + ", " + hit + ", " + next);
            default -> add("ld [" + offset + "]", "tax", "ld M[0]", "mul #31", "xor x", "st M[0]");
        }
        text.append(hit).append(":\n");
        add("ld M[0]", "add #" + k, "st M[0]");
        text.append(next).append(":\n");
    }

    private void add(String... instructions) {
        for (String instruction : instructions) {
            text.append(instruction).append('\n');
        }
        size += instructions.length;
    }
}
