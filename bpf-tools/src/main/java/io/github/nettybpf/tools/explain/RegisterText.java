package io.github.nettybpf.tools.explain;

/** The text of register values, which are unsigned. */
final class RegisterText {
    private RegisterText() {}

    /**
     * {@return a value in hexadecimal and decimal, for example {@code 0x806 (2054)}, or only as a digit if it is below
     * 10}
     */
    static String of(int value) {
        return isDigit(value) ? Integer.toString(value) : brief(value) + " (" + Integer.toUnsignedString(value) + ")";
    }

    /** {@return a value in hexadecimal, or as a digit if it is below 10} */
    static String brief(int value) {
        return isDigit(value) ? Integer.toString(value) : "0x" + Integer.toHexString(value);
    }

    private static boolean isDigit(int value) {
        return value >= 0 && value < 10;
    }

    /** {@return how the value of a register has changed} */
    static String change(String register, int before, int after) {
        return before == after ? register + " stays " + of(after) : register + " " + brief(before) + " -> " + of(after);
    }
}
