package io.github.nettybpf.core;

import static io.github.nettybpf.core.Opcodes.*;

/** The registers and scratch slots that an instruction reads and writes, by its encoding. */
final class RegisterUse {
    private static final RegisterSet A_AND_X = RegisterSet.A.union(RegisterSet.X);

    private RegisterUse() {}

    static RegisterSet reads(RawInstruction raw) {
        return switch (raw.code()) {
            case LD | ABS | W, LD | ABS | H, LD | ABS | B -> readByExtension(raw.k());
            case LD | IND | W, LD | IND | H, LD | IND | B, MISC | TXA, STX -> RegisterSet.X;
            case LD | MEM, LDX | MEM -> RegisterSet.scratch(raw.k());
            case ST, RET | A, MISC | TAX, ALU | NEG -> RegisterSet.A;
            default ->
                switch (raw.code() & 0x0f) {
                    case ALU | K -> RegisterSet.A;
                    case ALU | X -> A_AND_X;
                    case JMP | K -> raw.code() == (JMP | JA) ? RegisterSet.NONE : RegisterSet.A;
                    case JMP | X -> A_AND_X;
                    default -> RegisterSet.NONE;
                };
        };
    }

    private static RegisterSet readByExtension(int offset) {
        Extension extension = Extension.atOffset(offset);
        if (extension == null) {
            return RegisterSet.NONE;
        }
        return switch (extension) {
            case XOR_X, NLA, NLAN -> A_AND_X;
            case IFIDX, HATYPE -> RegisterSet.A; // the verdict, where there is no interface
            default -> RegisterSet.NONE;
        };
    }

    static RegisterSet writes(RawInstruction raw) {
        return switch (raw.code() & 0x07) {
            case LD, ALU -> RegisterSet.A;
            case LDX -> RegisterSet.X;
            case ST, STX -> RegisterSet.scratch(raw.k());
            case MISC -> raw.code() == (MISC | TAX) ? RegisterSet.X : RegisterSet.A;
            default -> RegisterSet.NONE;
        };
    }
}
