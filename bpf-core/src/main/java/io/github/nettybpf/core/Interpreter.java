package io.github.nettybpf.core;

import static io.github.nettybpf.core.Opcodes.*;

import org.jspecify.annotations.Nullable;

/**
 * Runs a program from pre-decoded ints: four for each instruction, {@code code, k, t, f}, where {@code t} and {@code f}
 * are where a jump goes in this array. The codes lie so close together that the switch becomes a jump table.
 */
final class Interpreter implements Filter {
    private static final int STRIDE = 4;

    /** Loads that do not count from offset 0, and extensions: decided once, so that the others need not look. */
    private static final int LD_WINDOW = 0xb2;

    private static final int MSH_WINDOW = 0xb3;
    private static final int LD_EXTENSION = 0xb4;

    private static final int[] NO_SCRATCH = new int[0];

    private final int[] code;
    private final boolean usesScratch;

    /** The extension that each instruction reads, or null. */
    private final @Nullable Extension[] extensions;

    Interpreter(Program program) {
        code = new int[program.size() * STRIDE];
        extensions = new Extension[program.size()];
        for (int pc = 0; pc < program.size(); pc++) {
            decode(pc, program.raw().get(pc));
        }
        usesScratch = program.instructions().stream().anyMatch(StoreScratch.class::isInstance);
    }

    @Override
    public int run(Packet packet) {
        if (!usesScratch) {
            return run(packet, NO_SCRATCH);
        }
        try (Scratch scratch = Scratch.take()) {
            return run(packet, scratch.slots);
        }
    }

    /** The one definition of what each operation does. */
    private int run(Packet packet, int[] scratch) {
        final int[] code = this.code;
        final int length = packet.length();
        int a = 0;
        int x = 0;
        int pc = 0;
        while (true) {
            int k = code[pc + 1];
            switch (code[pc]) {
                case LD | ABS | B -> {
                    if (k >= length) {
                        return 0;
                    }
                    a = packet.u8(k);
                }
                case LD | ABS | H -> {
                    if (k > length - 2) {
                        return 0;
                    }
                    a = packet.u16(k);
                }
                case LD | ABS | W -> {
                    if (k > length - 4) {
                        return 0;
                    }
                    a = packet.u32(k);
                }
                case LD_WINDOW -> {
                    long loaded = load(packet, k, code[pc + 2]);
                    if (loaded < 0) {
                        return 0;
                    }
                    a = (int) loaded;
                }
                case LD | IND | B -> {
                    int offset = x + k;
                    if (offset >= 0 && offset < length) {
                        a = packet.u8(offset);
                    } else {
                        long loaded = load(packet, offset, 1);
                        if (loaded < 0) {
                            return 0;
                        }
                        a = (int) loaded;
                    }
                }
                case LD | IND | H -> {
                    int offset = x + k;
                    if (offset >= 0 && offset <= length - 2) {
                        a = packet.u16(offset);
                    } else {
                        long loaded = load(packet, offset, 2);
                        if (loaded < 0) {
                            return 0;
                        }
                        a = (int) loaded;
                    }
                }
                case LD | IND | W -> {
                    int offset = x + k;
                    if (offset >= 0 && offset <= length - 4) {
                        a = packet.u32(offset);
                    } else {
                        long loaded = load(packet, offset, 4);
                        if (loaded < 0) {
                            return 0;
                        }
                        a = (int) loaded;
                    }
                }
                case LDX | MSH | B -> {
                    if (k >= length) {
                        return 0;
                    }
                    x = (packet.u8(k) & 15) << 2;
                }
                case MSH_WINDOW -> {
                    long loaded = load(packet, k, 1);
                    if (loaded < 0) {
                        return 0;
                    }
                    x = ((int) loaded & 15) << 2;
                }
                case LD | LEN -> a = packet.wireLength();
                case LDX | LEN -> x = packet.wireLength();
                case LD_EXTENSION -> {
                    long value = packet.extension(extensions[k], a, x);
                    if (value < 0) {
                        return value == Packet.NO_DEVICE ? a : 0;
                    }
                    a = (int) value;
                }
                case LD | IMM -> a = k;
                case LDX | IMM -> x = k;
                case LD | MEM -> a = scratch[k];
                case LDX | MEM -> x = scratch[k];
                case ST -> scratch[k] = a;
                case STX -> scratch[k] = x;
                case ALU | ADD | K -> a += k;
                case ALU | SUB | K -> a -= k;
                case ALU | MUL | K -> a *= k;
                case ALU | DIV | K -> a = Integer.divideUnsigned(a, k);
                case ALU | OR | K -> a |= k;
                case ALU | AND | K -> a &= k;
                case ALU | LSH | K -> a <<= k;
                case ALU | RSH | K -> a >>>= k;
                case ALU | MOD | K -> a = Integer.remainderUnsigned(a, k);
                case ALU | XOR | K -> a ^= k;
                case ALU | ADD | X -> a += x;
                case ALU | SUB | X -> a -= x;
                case ALU | MUL | X -> a *= x;
                case ALU | DIV | X -> {
                    if (x == 0) {
                        return 0;
                    }
                    a = Integer.divideUnsigned(a, x);
                }
                case ALU | OR | X -> a |= x;
                case ALU | AND | X -> a &= x;
                case ALU | LSH | X -> a <<= x;
                case ALU | RSH | X -> a >>>= x;
                case ALU | MOD | X -> {
                    if (x == 0) {
                        return 0;
                    }
                    a = Integer.remainderUnsigned(a, x);
                }
                case ALU | XOR | X -> a ^= x;
                case ALU | NEG -> a = -a;
                case JMP | JA -> {
                    pc = code[pc + 2];
                    continue;
                }
                case JMP | JEQ | K -> {
                    pc = code[a == k ? pc + 2 : pc + 3];
                    continue;
                }
                case JMP | JGT | K -> {
                    pc = code[Integer.compareUnsigned(a, k) > 0 ? pc + 2 : pc + 3];
                    continue;
                }
                case JMP | JGE | K -> {
                    pc = code[Integer.compareUnsigned(a, k) >= 0 ? pc + 2 : pc + 3];
                    continue;
                }
                case JMP | JSET | K -> {
                    pc = code[(a & k) != 0 ? pc + 2 : pc + 3];
                    continue;
                }
                case JMP | JEQ | X -> {
                    pc = code[a == x ? pc + 2 : pc + 3];
                    continue;
                }
                case JMP | JGT | X -> {
                    pc = code[Integer.compareUnsigned(a, x) > 0 ? pc + 2 : pc + 3];
                    continue;
                }
                case JMP | JGE | X -> {
                    pc = code[Integer.compareUnsigned(a, x) >= 0 ? pc + 2 : pc + 3];
                    continue;
                }
                case JMP | JSET | X -> {
                    pc = code[(a & x) != 0 ? pc + 2 : pc + 3];
                    continue;
                }
                case RET | A -> {
                    return a;
                }
                case RET | K -> {
                    return k;
                }
                case MISC | TAX -> x = a;
                case MISC | TXA -> a = x;
                default -> throw new AssertionError(code[pc]);
            }
            pc += STRIDE;
        }
    }

    /** {@return what is at the offset}, through whichever window it names, or -1 if it is not there. */
    private static long load(Packet packet, int offset, int size) {
        Packet window = packet;
        int start = offset;
        if (offset < 0) {
            if (offset >= Opcodes.NETWORK_BASE) {
                window = packet.network();
                start = offset - Opcodes.NETWORK_BASE;
            } else if (offset >= Opcodes.LINK_LAYER_BASE) {
                window = packet.linkLayer();
                start = offset - Opcodes.LINK_LAYER_BASE;
            } else {
                return -1;
            }
        }
        if (window == null || start > window.length() - size) {
            return -1;
        }
        return switch (size) {
            case 1 -> window.u8(start);
            case 2 -> window.u16(start);
            default -> Integer.toUnsignedLong(window.u32(start));
        };
    }

    private void decode(int pc, RawInstruction raw) {
        int at = pc * STRIDE;
        code[at] = raw.code();
        code[at + 1] = raw.k();
        switch (raw.code()) {
            case LD | ABS | W -> decodeAbsolute(pc, raw.k(), 4);
            case LD | ABS | H -> decodeAbsolute(pc, raw.k(), 2);
            case LD | ABS | B -> decodeAbsolute(pc, raw.k(), 1);
            case LDX | MSH | B -> code[at] = raw.k() < 0 ? MSH_WINDOW : raw.code();
            case JMP | JA -> code[at + 2] = target(pc, raw.k());
            default -> {
                code[at + 2] = target(pc, raw.jt());
                code[at + 3] = target(pc, raw.jf());
            }
        }
    }

    private void decodeAbsolute(int pc, int offset, int size) {
        int at = pc * STRIDE;
        Extension extension = Extension.atOffset(offset);
        if (extension != null) {
            extensions[pc] = extension;
            code[at] = LD_EXTENSION;
            code[at + 1] = pc;
        } else if (offset < 0) {
            code[at] = LD_WINDOW;
            code[at + 2] = size;
        }
    }

    private static int target(int pc, int skip) {
        return (pc + 1 + skip) * STRIDE;
    }

    /** The M[] of a run, borrowed from the thread so that a run allocates nothing. */
    private static final class Scratch implements AutoCloseable {
        private static final ThreadLocal<Scratch> OF_THREAD = ThreadLocal.withInitial(Scratch::new);

        final int[] slots = new int[Verifier.SCRATCH_SLOTS];
        private boolean taken;

        /** A packet may run a filter itself: it then gets slots of its own. */
        static Scratch take() {
            Scratch scratch = OF_THREAD.get();
            if (scratch.taken) {
                scratch = new Scratch();
            }
            scratch.taken = true;
            return scratch;
        }

        @Override
        public void close() {
            taken = false;
        }
    }
}
