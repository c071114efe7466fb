package io.github.nettybpf.core;

import io.github.nettybpf.core.Instruction.AluConstant;
import io.github.nettybpf.core.Instruction.AluX;
import io.github.nettybpf.core.Instruction.Jump;
import io.github.nettybpf.core.Instruction.JumpIf;
import io.github.nettybpf.core.Instruction.JumpIfX;
import io.github.nettybpf.core.Instruction.LoadAbsolute;
import io.github.nettybpf.core.Instruction.LoadConstant;
import io.github.nettybpf.core.Instruction.LoadExtension;
import io.github.nettybpf.core.Instruction.LoadIndirect;
import io.github.nettybpf.core.Instruction.LoadMemShift;
import io.github.nettybpf.core.Instruction.LoadScratch;
import io.github.nettybpf.core.Instruction.NegateA;
import io.github.nettybpf.core.Instruction.ReturnA;
import io.github.nettybpf.core.Instruction.ReturnConstant;
import io.github.nettybpf.core.Instruction.StoreScratch;
import io.github.nettybpf.core.Instruction.Tax;

/**
 * A second interpreter, as simple as possible, which shares no code with the first: registers are longs, and every load
 * reads one byte at a time.
 */
final class ReferenceMachine implements Filter {
    private static final long MASK = 0xffff_ffffL;

    private final Program program;

    ReferenceMachine(Program program) {
        this.program = program;
    }

    private static final class Dropped extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Dropped() {
            super(null, null, false, false);
        }
    }

    @Override
    public int run(Packet packet) {
        try {
            return (int) verdict(packet);
        } catch (Dropped e) {
            return 0;
        }
    }

    private long verdict(Packet packet) {
        long a = 0;
        long x = 0;
        long[] m = new long[16];
        for (int pc = 0; ; pc++) {
            Instruction i = program.instructions().get(pc);
            if (i instanceof LoadConstant load) {
                long value = load.val() & MASK;
                a = load.dst() == Register.A ? value : a;
                x = load.dst() == Register.X ? value : x;
            } else if (i instanceof LoadScratch load) {
                a = load.dst() == Register.A ? m[load.n()] : a;
                x = load.dst() == Register.X ? m[load.n()] : x;
            } else if (i instanceof StoreScratch store) {
                m[store.n()] = store.src() == Register.A ? a : x;
            } else if (i instanceof LoadAbsolute load) {
                a = load(packet, load.off() & MASK, load.size());
            } else if (i instanceof LoadIndirect load) {
                a = load(packet, (x + (load.off() & MASK)) % (1L << 32), load.size());
            } else if (i instanceof LoadMemShift load) {
                x = 4 * (load(packet, load.off() & MASK, 1) % 16);
            } else if (i instanceof LoadExtension load) {
                long value = packet.extension(load.num(), (int) a, (int) x);
                if (value == Packet.NO_DEVICE) {
                    return a;
                } else if (value < 0) {
                    return 0;
                }
                a = load.dst() == Register.A ? value : a;
                x = load.dst() == Register.X ? value : x;
            } else if (i instanceof AluConstant alu) {
                a = alu(alu.op(), a, alu.val() & MASK);
            } else if (i instanceof AluX alu) {
                a = alu(alu.op(), a, x);
            } else if (i instanceof NegateA) {
                a = (MASK - a + 1) & MASK;
            } else if (i instanceof Jump jump) {
                pc += jump.skip();
            } else if (i instanceof JumpIf jump) {
                pc += holds(jump.cond(), a, jump.val() & MASK) ? jump.skipTrue() : jump.skipFalse();
            } else if (i instanceof JumpIfX jump) {
                pc += holds(jump.cond(), a, x) ? jump.skipTrue() : jump.skipFalse();
            } else if (i instanceof ReturnA) {
                return a;
            } else if (i instanceof ReturnConstant ret) {
                return ret.val() & MASK;
            } else if (i instanceof Tax) {
                x = a;
            } else {
                a = x;
            }
        }
    }

    private static long load(Packet packet, long offset, int size) {
        Packet from = packet;
        long start = offset;
        if (offset >= 0xfff00000L) {
            from = packet.network();
            start = offset - 0xfff00000L;
        } else if (offset >= 0xffe00000L) {
            from = packet.linkLayer();
            start = offset - 0xffe00000L;
        }
        if (from == null || start + size > from.length()) {
            throw new Dropped();
        }
        long value = 0;
        for (int i = 0; i < size; i++) {
            value = value * 256 + from.u8((int) start + i);
        }
        return value;
    }

    private static long alu(AluOp op, long a, long b) {
        if ((op == AluOp.DIV || op == AluOp.MOD) && b == 0) {
            throw new Dropped();
        }
        long result =
                switch (op) {
                    case ADD -> a + b;
                    case SUB -> a - b;
                    case MUL -> a * b;
                    case DIV -> a / b;
                    case OR -> a | b;
                    case AND -> a & b;
                    case LSH -> a << (b % 32);
                    case RSH -> a >> (b % 32);
                    case MOD -> a % b;
                    case XOR -> a ^ b;
                };
        return result & MASK;
    }

    private static boolean holds(JumpCondition test, long a, long b) {
        return switch (test) {
            case JEQ -> a == b;
            case JGT -> a > b;
            case JGE -> a >= b;
            case JSET -> (a & b) != 0;
        };
    }
}
