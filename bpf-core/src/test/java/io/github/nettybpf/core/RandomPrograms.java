package io.github.nettybpf.core;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Random programs and packets. The same seed gives the same ones on every machine. */
public final class RandomPrograms {
    private static final int[] CODES = {
        0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x0c, 0x14, 0x15, 0x16, 0x1c, 0x1d, 0x20, 0x24, 0x25, 0x28,
                0x2c,
        0x2d, 0x30, 0x34, 0x35, 0x3c, 0x3d, 0x40, 0x44, 0x45, 0x48, 0x4c, 0x4d, 0x50, 0x54, 0x5c, 0x60, 0x61, 0x64,
                0x6c,
        0x74, 0x7c, 0x80, 0x81, 0x84, 0x87, 0x94, 0x9c, 0xa4, 0xac, 0xb1
    };
    private static final int[] EDGES = {
        0,
        1,
        2,
        3,
        4,
        7,
        8,
        15,
        16,
        31,
        32,
        33,
        60,
        255,
        256,
        0x806,
        0xffff,
        0x10000,
        0x7fffffff,
        0x80000000,
        0x80000001,
        0xfffffffe,
        0xffffffff,
        0xfff00000,
        0xfff00004,
        0xffe00000,
        0xffefffff,
        0xffdfffff,
        0xfffff000,
        0xfffff001
    };

    private final SplittableRandom random;
    private final boolean deterministic;

    /**
     * Makes programs that also read rand and cpu.
     *
     * @param seed the seed
     */
    public RandomPrograms(long seed) {
        this(seed, false);
    }

    private RandomPrograms(long seed, boolean deterministic) {
        this.random = new SplittableRandom(seed);
        this.deterministic = deterministic;
    }

    /** {@return a source of programs without rand and cpu, which give the same verdict in every run} */
    public static RandomPrograms deterministic(long seed) {
        return new RandomPrograms(seed, true);
    }

    /**
     * {@return how many programs to make where all tests make so many} The system property {@code random.share} is a
     * percentage, for runs that have to be short.
     *
     * @param all the number of programs
     */
    static int share(int all) {
        return all / 100 * Integer.getInteger("random.share", 100);
    }

    /** {@return random bits} */
    public List<RawInstruction> junk() {
        List<RawInstruction> program = new ArrayList<>();
        for (int i = random.nextInt(0, 12); i > 0; i--) {
            int code = random.nextInt(10) == 0 ? random.nextInt(0x10000) : CODES[random.nextInt(CODES.length)];
            program.add(new RawInstruction(code, random.nextInt(256), random.nextInt(256), k()));
        }
        return program;
    }

    /** {@return instructions that mostly comply with the rules} About one program in three is accepted. */
    public List<RawInstruction> plausible() {
        int size =
                switch (random.nextInt(20)) {
                    case 0 -> random.nextInt(1, 300);
                    case 1, 2, 3 -> random.nextInt(1, 5);
                    default -> random.nextInt(2, 30);
                };
        List<RawInstruction> program = new ArrayList<>(size);
        if (random.nextInt(3) > 0) {
            for (int slot = 0; slot < 16 && program.size() < size - 1; slot += random.nextInt(1, 6)) {
                program.add(new RawInstruction(random.nextInt(0x02, 0x04), 0, 0, slot));
            }
        }
        while (program.size() < size - 1) {
            program.add(instruction(size - 2 - program.size()));
        }
        program.add(ret());
        return program;
    }

    /** {@return a program that the rules accept} */
    public Program program() {
        while (true) {
            try {
                return Program.ofRaw(plausible());
            } catch (VerificationException e) {
                // Try another one: refused programs are tested elsewhere.
            }
        }
    }

    /**
     * {@return a long program that compares a few values with many constants} It consists of chains of comparisons, up
     * to some thousands of instructions, and its constants are numbers of {@link #keyedPacket}.
     */
    public Program chains() {
        int size = random.nextInt(6) == 0 ? random.nextInt(1000, 4097) : random.nextInt(10, 400);
        List<RawInstruction> program = new ArrayList<>(size);
        boolean sharesTargets = random.nextBoolean();
        program.add(RawInstruction.of(0x02, random.nextInt(16)));
        int slot = program.get(0).k();
        while (program.size() < size - 2) {
            int room = size - 3 - program.size();
            switch (random.nextInt(24)) {
                case 0 -> program.add(RawInstruction.of(0x30, random.nextInt(64)));
                case 1 -> program.add(RawInstruction.of(0x50, random.nextInt(64)));
                case 2 -> program.add(RawInstruction.of(0x80, 0));
                case 3 -> program.add(RawInstruction.of(0x02, slot));
                case 4 -> program.add(RawInstruction.of(random.nextBoolean() ? 0x60 : 0x61, slot));
                case 5 -> program.add(RawInstruction.of(0x05, random.nextInt(Math.min(room, 4) + 1)));
                case 6 -> program.add(RawInstruction.of(0x54, 0x1f));
                case 7 -> {
                    program.add(new RawInstruction(0x15, 0, Math.min(room, 1), key()));
                    program.add(RawInstruction.of(0x06, random.nextInt(5)));
                }
                case 8 -> program.add(RawInstruction.of(0xb1, random.nextInt(64)));
                default -> chain(program, random.nextInt(1, Math.min(room + 1, 40) + 1), room, sharesTargets);
            }
        }
        program.add(ret());
        return Program.ofRaw(program);
    }

    private void chain(List<RawInstruction> program, int length, int room, boolean sharesTargets) {
        int end = Math.min(room, random.nextInt(length, length + 40));
        for (int i = 0; i < length; i++) {
            int toEnd = Math.max(0, Math.min(255, end - i));
            int target = sharesTargets ? toEnd : random.nextInt(toEnd + 1);
            boolean astray = random.nextInt(30) == 0;
            program.add(new RawInstruction(0x15, target, astray ? random.nextInt(toEnd + 1) : 0, key()));
        }
    }

    private int key() {
        return random.nextInt(20) == 0 ? k() : random.nextInt(80);
    }

    /**
     * {@return a program of short tests} There are few instructions between jumps, and the jumps mostly lead to one of
     * a few returns, so that many tests have the same two targets. Its constants are numbers of {@link #smallPacket}.
     */
    public Program tests() {
        int size = random.nextInt(40) == 0 ? random.nextInt(400, 4097) : random.nextInt(6, 70);
        List<RawInstruction> program = new ArrayList<>(size);
        int slots = random.nextInt(3) == 0 && size > 30 ? 16 : random.nextInt(3);
        for (int slot = 0; slot < slots; slot++) {
            program.add(RawInstruction.of(0x02, slot));
        }
        while (program.size() < size - 3) {
            program.add(shortStep(size - 4 - program.size(), slots));
        }
        program.add(ret());
        program.add(RawInstruction.of(0x06, random.nextInt(2) * 0x40000));
        program.add(random.nextInt(4) == 0 ? RawInstruction.of(0x16, 0) : RawInstruction.of(0x06, 0));
        return Program.ofRaw(program);
    }

    private RawInstruction shortStep(int room, int slots) {
        int small = random.nextInt(8);
        return switch (random.nextInt(16)) {
            case 0 -> RawInstruction.of(0x30, random.nextInt(40));
            case 1 -> RawInstruction.of(0x28, random.nextInt(40));
            case 2 -> RawInstruction.of(0x20, random.nextInt(40));
            case 3 -> RawInstruction.of(0xb1, random.nextInt(40));
            case 4 -> RawInstruction.of(0x40 + 8 * random.nextInt(3), random.nextInt(30));
            case 5 -> RawInstruction.of(0x54, random.nextInt(3) == 0 ? k() : 0xff >>> small);
            case 6 -> {
                int[] operations = {0x04, 0x14, 0x24, 0x44, 0xa4};
                yield RawInstruction.of(operations[random.nextInt(operations.length)], small);
            }
            case 7 -> RawInstruction.of(random.nextBoolean() ? 0x64 : 0x74, random.nextInt(32));
            case 8 -> RawInstruction.of(random.nextBoolean() ? 0x07 : 0x87, 0);
            case 9 -> {
                int[] accesses = {0x02, 0x03, 0x60, 0x61};
                int code = slots == 0 ? 0x07 : accesses[random.nextInt(accesses.length)];
                yield RawInstruction.of(code, slots == 0 ? 0 : random.nextInt(slots));
            }
            default -> {
                int[] tests = {0x15, 0x15, 0x15, 0x25, 0x35, 0x45, 0x1d};
                int value = random.nextInt(8) == 0 ? k() : small;
                yield new RawInstruction(tests[random.nextInt(tests.length)], way(room), way(room), value);
            }
        };
    }

    /** A skip of none or a few instructions, or to one of the three returns. */
    private int way(int room) {
        int end = room + random.nextInt(3);
        return random.nextInt(3) == 0 && end <= 255 ? end : random.nextInt(Math.min(room, 3) + 1);
    }

    /** {@return bytes of which many are constants of {@link #tests}, rarely more bytes than those programs load} */
    public byte[] smallPacket() {
        byte[] packet = new byte[random.nextInt(60)];
        for (int i = 0; i < packet.length; i++) {
            packet[i] = (byte) (random.nextInt(6) == 0 ? random.nextInt(256) : random.nextInt(3));
        }
        return packet;
    }

    /** {@return bytes that are keys of {@link #chains}} */
    public byte[] keyedPacket() {
        byte[] packet = packet();
        for (int i = 0; i < packet.length; i++) {
            packet[i] = (byte) random.nextInt(80);
        }
        return packet;
    }

    /** {@return random bytes, mostly few} */
    public byte[] packet() {
        byte[] packet = new byte
                [switch (random.nextInt(10)) {
                    case 0 -> 0;
                    case 1, 2 -> random.nextInt(1, 8);
                    case 3 -> random.nextInt(200, 1600);
                    default -> random.nextInt(8, 128);
                }];
        random.nextBytes(packet);
        if (random.nextBoolean()) {
            for (int i = 0; i < packet.length; i++) {
                packet[i] &= 0x0f;
            }
        }
        return packet;
    }

    private RawInstruction instruction(int room) {
        if (random.nextInt(100) == 0) {
            return new RawInstruction(random.nextInt(0x10000), random.nextInt(256), random.nextInt(256), k());
        }
        int code = random.nextInt(4) == 0 ? load() : CODES[random.nextInt(CODES.length)];
        return switch (code) {
            case 0x05 -> RawInstruction.of(code, skip(room));
            case 0x15, 0x25, 0x35, 0x45, 0x1d, 0x2d, 0x3d, 0x4d ->
                new RawInstruction(code, Math.min(255, skip(room)), Math.min(255, skip(room)), k());
            case 0x06, 0x16 -> random.nextInt(4) == 0 ? ret() : RawInstruction.of(0x07, 0);
            case 0x20, 0x28, 0x30, 0xb1, 0x40, 0x48, 0x50 -> RawInstruction.of(code, offset());
            case 0x02, 0x03, 0x60, 0x61 -> RawInstruction.of(code, random.nextInt(50) == 0 ? k() : random.nextInt(16));
            case 0x64, 0x74 -> RawInstruction.of(code, random.nextInt(50) == 0 ? k() : random.nextInt(32));
            case 0x34, 0x94 -> RawInstruction.of(code, random.nextInt(50) == 0 ? k() : 1 + random.nextInt(300));
            case 0x07, 0x87, 0x84, 0x80, 0x81 ->
                new RawInstruction(code, random.nextInt(256), random.nextInt(256), random.nextInt());
            default -> RawInstruction.of(code, k());
        };
    }

    private int load() {
        int[] loads = {0x20, 0x28, 0x30, 0x40, 0x48, 0x50, 0xb1, 0x80, 0x00, 0x01};
        return loads[random.nextInt(loads.length)];
    }

    private int offset() {
        return switch (random.nextInt(16)) {
            case 0 -> k();
            case 1 -> extensionOffset();
            case 2 -> 0xfff00000 + random.nextInt(64);
            case 3 -> random.nextInt(4) == 0 ? 0xffe00000 + random.nextInt(64) : random.nextInt(8);
            case 4 -> random.nextInt(4) == 0 ? -random.nextInt(40) : random.nextInt(40);
            default -> random.nextInt(48);
        };
    }

    private int extensionOffset() {
        int number = 4 * random.nextInt(16);
        boolean varies = number == 36 || number == 56;
        return 0xfffff000 + (deterministic && varies ? 40 : number);
    }

    private RawInstruction ret() {
        return random.nextBoolean() ? RawInstruction.of(0x16, 0) : RawInstruction.of(0x06, k());
    }

    private int skip(int room) {
        return room <= 0 ? 0 : random.nextInt(Math.min(room, random.nextInt(8) == 0 ? 255 : 6) + 1);
    }

    private int k() {
        return switch (random.nextInt(4)) {
            case 0 -> EDGES[random.nextInt(EDGES.length)];
            case 1 -> random.nextInt();
            default -> random.nextInt(70);
        };
    }
}
