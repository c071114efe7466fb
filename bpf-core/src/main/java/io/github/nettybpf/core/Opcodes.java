package io.github.nettybpf.core;

/**
 * The bit fields of {@code sock_filter.code}. Source: include/uapi/linux/bpf_common.h and filter.h of the kernel.
 */
final class Opcodes {
    static final int LD = 0x00;
    static final int LDX = 0x01;
    static final int ST = 0x02;
    static final int STX = 0x03;
    static final int ALU = 0x04;
    static final int JMP = 0x05;
    static final int RET = 0x06;
    static final int MISC = 0x07;

    static final int W = 0x00;
    static final int H = 0x08;
    static final int B = 0x10;

    static final int IMM = 0x00;
    static final int ABS = 0x20;
    static final int IND = 0x40;
    static final int MEM = 0x60;
    static final int LEN = 0x80;
    static final int MSH = 0xa0;

    static final int K = 0x00;
    static final int X = 0x08;
    static final int A = 0x10;

    static final int ADD = 0x00;
    static final int SUB = 0x10;
    static final int MUL = 0x20;
    static final int DIV = 0x30;
    static final int OR = 0x40;
    static final int AND = 0x50;
    static final int LSH = 0x60;
    static final int RSH = 0x70;
    static final int NEG = 0x80;
    static final int MOD = 0x90;
    static final int XOR = 0xa0;

    static final int JA = 0x00;
    static final int JEQ = 0x10;
    static final int JGT = 0x20;
    static final int JGE = 0x30;
    static final int JSET = 0x40;

    static final int TAX = 0x00;
    static final int TXA = 0x80;

    private Opcodes() {}

    /** {@return the size field for a load of 1, 2 or 4 bytes} */
    static int size(int bytes) {
        return switch (bytes) {
            case 1 -> B;
            case 2 -> H;
            case 4 -> W;
            default -> throw new IllegalArgumentException("size " + bytes + " (expected: 1, 2 or 4)");
        };
    }

    /** {@return the name of an operation in bpf_asm notation, by a code that the kernel accepts} */
    static String mnemonic(int code) {
        return switch (code) {
            case LD | IMM, LD | MEM, LD | LEN, LD | ABS | W, LD | IND | W -> "ld";
            case LD | ABS | H, LD | IND | H -> "ldh";
            case LD | ABS | B, LD | IND | B -> "ldb";
            case LDX | IMM, LDX | MEM, LDX | LEN -> "ldx";
            case LDX | MSH | B -> "ldxb";
            case ST -> "st";
            case STX -> "stx";
            case JMP | JA -> "ja";
            case ALU | NEG -> "neg";
            case RET | K, RET | A -> "ret";
            case MISC | TAX -> "tax";
            case MISC | TXA -> "txa";
            default ->
                switch (code & 7) {
                    case ALU -> AluOp.ofCode(code).mnemonic();
                    case JMP -> JumpCondition.ofCode(code).mnemonic();
                    default -> throw new IllegalArgumentException(String.format("opcode 0x%02x", code));
                };
        };
    }

    /** {@return the mnemonic of a load of 1, 2 or 4 bytes} */
    static String loadMnemonic(int bytes) {
        return switch (bytes) {
            case 1 -> "ldb";
            case 2 -> "ldh";
            case 4 -> "ld";
            default -> throw new IllegalArgumentException("size " + bytes + " (expected: 1, 2 or 4)");
        };
    }

    /** {@return the value in decimal, unsigned} */
    static String unsigned(int value) {
        return Integer.toUnsignedString(value);
    }
}
