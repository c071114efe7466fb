package io.github.nettybpf.core.text;

import io.github.nettybpf.core.AssemblyException;
import io.github.nettybpf.core.RawInstruction;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Recognises programs of the kernel's other machine, eBPF, as bpftool, llvm-objdump and the verifier print them, and in
 * the macros of C. They are refused by that name: none of the notations here has a word for them.
 */
public final class Ebpf {
    static final String PROBLEM = "an eBPF program (expected: classic BPF, such as tcpdump -ddd prints)";

    private static final int EXIT = 0x95;

    /** The first line: its number, opcode or bytes if the tool prints them, and a statement over registers. */
    private static final Pattern STATEMENT = Pattern.compile(
            "(?:[0-9]{1,6}:[ \\t]++)?+(?:\\([0-9a-f]{2}\\)[ \\t]*+)?+"
                    + "(?:(?:[0-9a-f]{2} ){8}[ \\t]*+)?+"
                    + "(?:[rw](?:10|[0-9])[ \\t]*+(?:[-+*/%&|^]|<<|s?>>)?+=[ \\t]*+[^=\\s]|if [rw](?:10|[0-9])\\b"
                    + "|\\*\\(u(?:8|16|32|64) \\*\\)|lock \\*\\(|call [-0-9a-z_#]++[ \\t]*+\\r?+$|goto [-+p]|exit[ \\t]*+\\r?+$)",
            Pattern.MULTILINE);

    private static final Pattern NAME = Pattern.compile(
            "BPF_(?:EXIT_INSN|REG_(?:[0-9]|10|AX|ARG[1-5])|(?:MOV|ALU|LD_IMM|JMP)(?:32|64)\\w*+|EMIT_CALL|RAW_INSN)"
                    + "|(?:dst|src)(?:_reg)?|imm");

    private Ebpf() {}

    /** {@return whether the text is an eBPF program} */
    public static boolean isEbpf(String text) {
        return problemAt(text) >= 0;
    }

    /**
     * Refuses eBPF.
     *
     * @throws AssemblyException if the text is an eBPF program
     */
    public static void refuse(String text) {
        int at = problemAt(text);
        if (at >= 0) {
            throw new Scanner(text).error(at, PROBLEM);
        }
    }

    private static int problemAt(String text) {
        String blanked = Surroundings.blanked(text);
        int start = Surroundings.skipSpace(blanked, 0, blanked.length());
        if (STATEMENT.matcher(blanked).region(start, blanked.length()).lookingAt()) {
            return start;
        }
        return -1;
    }

    /** {@return whether only programs in the syntax of C have the name, or fields of their instructions do} */
    static boolean isName(String word) {
        return NAME.matcher(word).matches();
    }

    /** {@return whether the last instruction is the one that ends eBPF programs, and no classic one} */
    static boolean endsWithExit(List<RawInstruction> program) {
        RawInstruction last = program.get(program.size() - 1);
        return last.equals(new RawInstruction(EXIT, 0, 0, 0));
    }
}
