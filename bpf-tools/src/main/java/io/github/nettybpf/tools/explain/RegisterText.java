package io.github.nettybpf.tools.explain;

/** Values of registers, as text. All are unsigned. */
final class RegisterText {
    private RegisterText() {}

    /** {@return a value in hexadecimal and decimal}, such as {@code 0x806 (2054)}; small ones once. */
    static String of(int value) {
        return isDigit(value) ? Integer.toString(value) : brief(value) + " (" + Integer.toUnsignedString(value) + ")";
    }

    /** {@return a value in hexadecimal}, small ones as a digit. */
    static String brief(int value) {
        return isDigit(value) ? Integer.toString(value) : "0x" + Integer.toHexString(value);
    }

    private static boolean isDigit(int value) {
        return value >= 0 && value < 10;
    }

    /** {@return what became of a register} */
    static String change(String register, int before, int after) {
        return before == after ? register + " stays " + of(after) : register + " " + brief(before) + " -> " + of(after);
    }
}
