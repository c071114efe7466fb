package io.github.nettybpf.core.text;

import io.github.nettybpf.core.ProgramFormat;
import java.util.regex.Pattern;

/**
 * Tells the notations of programs from one another, and from filter expressions, by the first line that is no comment,
 * and by signs that only one of them has.
 */
public final class Detection {
    private static final Pattern LINE_START = Pattern.compile(
            "^[ \\t]*+(?:[A-Za-z_][A-Za-z0-9_]*+[ \\t]*+:[ \\t]*+)?+(?:ldx?i?|ld[hb]|ldxb|stx?|jmp|ja|jn?eq|jne|jl[te]|jg[te]"
                    + "|jset|add|sub|mul|div|mod|neg|xor|lsh|rsh|ret|tax|txa)(?![A-Za-z0-9_:])",
            Pattern.MULTILINE | Pattern.CASE_INSENSITIVE);

    /** What no expression has: comments of assembly, and a number or a name as an immediate operand. */
    private static final Pattern ASSEMBLY = Pattern.compile(
            ";|/[/*]|#[-+]?+[0-9]|#(?:" + Assembler.extensionNames() + ")\\b", Pattern.CASE_INSENSITIVE);

    private Detection() {}

    /** {@return the notation of the text, {@link ProgramFormat#ASM} if it is none of the others} */
    public static ProgramFormat format(String text) {
        String blanked = Surroundings.blanked(text);
        int start = Surroundings.skipSpace(blanked, 0, blanked.length());
        if (Listing.isListing(blanked, start)) {
            return ProgramFormat.LISTING;
        } else if (NumberRows.isCommas(blanked, start)) {
            return ProgramFormat.BYTECODE;
        } else if (NumberRows.isLines(blanked, start)) {
            return ProgramFormat.DDD;
        } else if (HexText.isHex(blanked, start)) {
            return ProgramFormat.HEX;
        }
        return isSource(text) ? ProgramFormat.C : ProgramFormat.ASM;
    }

    /** Signs of C in the comments of assembly do not count. */
    private static boolean isSource(String text) {
        StringBuilder code = new StringBuilder(Surroundings.blanked(text));
        int at = 0;
        while (at < text.length()) {
            char c = code.charAt(at);
            int end = at + 1;
            if (text.startsWith("/*", at)) {
                int close = text.indexOf("*/", at + 2);
                end = close < 0 ? text.length() : close + 2;
                Surroundings.blank(code, at, end);
            } else if (c == '#' || text.startsWith("//", at)) {
                end = Surroundings.lineEnd(text, at);
                Surroundings.blank(code, at, end);
            } else if (c == ';') {
                end = Surroundings.lineEnd(text, at);
                Surroundings.blank(code, at + 1, end);
            }
            at = end;
        }
        String blanked = code.toString();
        return Initialisers.isSource(blanked, Surroundings.skipSpace(blanked, 0, blanked.length()));
    }

    /** {@return whether the text is meant as a program, well-formed or not, and not as a filter expression} */
    public static boolean isProgram(String text) {
        if (format(text) != ProgramFormat.ASM || Ebpf.isEbpf(text)) {
            return true;
        }
        String blanked = Surroundings.withoutHashLines(text);
        return blanked.isBlank()
                || ASSEMBLY.matcher(blanked).find()
                || LINE_START.matcher(blanked).find();
    }
}
