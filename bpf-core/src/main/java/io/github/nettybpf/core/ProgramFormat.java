package io.github.nettybpf.core;

import io.github.nettybpf.core.text.Assembler;
import io.github.nettybpf.core.text.Disassembler;
import io.github.nettybpf.core.text.Listing;
import io.github.nettybpf.core.text.NumericText;
import java.util.List;

/**
 * The notations in which tools write and read programs. docs/formats.md shows each, and which tools take it.
 */
public enum ProgramFormat {
    /** The text of the kernel's bpf_asm: see {@link Program#parse}. */
    ASM {
        @Override
        public String write(List<RawInstruction> program) {
            return Disassembler.text(decoded(program));
        }

        @Override
        Program readText(String text) {
            return Program.parse(text);
        }

        @Override
        List<RawInstruction> readRaw(String text) {
            return Assembler.assembleUnverified(text);
        }
    },

    /** {@code 4,40 0 0 12,…}: iptables' xt_bpf, tc's cls_bpf, bpf_asm and bpf_dbg. One line. */
    BYTECODE {
        @Override
        public String write(List<RawInstruction> program) {
            return NumericText.writeCounted(program, ',') + "\n";
        }

        @Override
        Program readText(String text) {
            return NumericText.readCounted(text, ',').verified();
        }

        @Override
        List<RawInstruction> readRaw(String text) {
            return NumericText.readCounted(text, ',').raw();
        }
    },

    /** C initialisers, {@code { 0x28, 0, 0, 0x0000000c },}: {@code bpf_asm -c} and {@code tcpdump -dd}. */
    C {
        @Override
        public String write(List<RawInstruction> program) {
            return NumericText.writeC(program);
        }

        @Override
        Program readText(String text) {
            return NumericText.readC(text).verified();
        }

        @Override
        List<RawInstruction> readRaw(String text) {
            return NumericText.readC(text).raw();
        }
    },

    /** The numbers of {@link #BYTECODE}, one instruction a line: {@code tcpdump -ddd}. */
    DDD {
        @Override
        public String write(List<RawInstruction> program) {
            return NumericText.writeCounted(program, '\n');
        }

        @Override
        Program readText(String text) {
            return NumericText.readCounted(text, '\n').verified();
        }

        @Override
        List<RawInstruction> readRaw(String text) {
            return NumericText.readCounted(text, '\n').raw();
        }
    },

    /** The bytes of {@code struct sock_filter} in hexadecimal, in the byte order of this machine, 16 digits a line. */
    HEX {
        @Override
        public String write(List<RawInstruction> program) {
            return NumericText.writeHex(program);
        }

        @Override
        Program readText(String text) {
            return NumericText.readHex(text).verified();
        }

        @Override
        List<RawInstruction> readRaw(String text) {
            return NumericText.readHex(text).raw();
        }
    },

    /** The listing that {@code tcpdump -d} prints, {@code (000) ldh [12]}: targets of jumps are instruction numbers. */
    LISTING {
        @Override
        public String write(List<RawInstruction> program) {
            return Disassembler.listing(decoded(program));
        }

        @Override
        Program readText(String text) {
            return Program.parse(Listing.toAssembly(text));
        }

        @Override
        List<RawInstruction> readRaw(String text) {
            return Assembler.assembleUnverified(Listing.toAssembly(text));
        }
    };

    /**
     * {@return the program in this notation, ending with a line feed}
     *
     * @param program the program
     */
    public String write(Program program) {
        return write(program.raw());
    }

    /**
     * {@return the instructions in this notation, ending with a line feed} They need not be a {@link Program}: {@link
     * #ASM} and {@link #LISTING} name targets outside of it like those inside.
     *
     * @param program the encoded instructions
     * @throws IllegalArgumentException if the notation is {@link #ASM} or {@link #LISTING} and does not have one of the
     *     opcodes
     */
    public abstract String write(List<RawInstruction> program);

    /**
     * {@return the program of a text in this notation}
     *
     * @param text the text
     * @throws AssemblyException if the text is malformed, or the kernel would refuse the program
     */
    public Program read(CharSequence text) {
        return readText(text.toString());
    }

    abstract Program readText(String text);

    abstract List<RawInstruction> readRaw(String text);

    private static List<Instruction> decoded(List<RawInstruction> program) {
        return program.stream().map(RawInstruction::disassemble).toList();
    }

    /**
     * {@return the program of a text in any notation} The notation is found by {@link #detect}.
     *
     * @param text the text
     * @throws AssemblyException if the text is malformed, or the kernel would refuse the program
     */
    public static Program readAny(CharSequence text) {
        String string = text.toString();
        return detect(string).readText(string);
    }

    /**
     * {@return the instructions of a text, which are not verified} For fragments, and for tools that show what is wrong
     * with a program.
     *
     * @param text the text, in any notation
     * @throws AssemblyException if the text is malformed
     */
    public static List<RawInstruction> readUnverified(CharSequence text) {
        String string = text.toString();
        return List.copyOf(detect(string).readRaw(string));
    }

    /**
     * {@return the notation of the text, by how it starts, or {@link #ASM} if it is none of the others}
     *
     * @param text the text
     */
    public static ProgramFormat detect(CharSequence text) {
        String string = text.toString();
        if (Listing.isListing(string)) {
            return LISTING;
        } else if (string.matches("(?s)\\s*\\d+\\s*,.*")) {
            return BYTECODE;
        } else if (NumericText.isCountedLines(string)) {
            return DDD;
        } else if (NumericText.isHex(string)) {
            return HEX;
        } else if (isC(string)) {
            return C;
        }
        return ASM;
    }

    /** Braces occur in bpf_asm text only in comments, and there they do not count. */
    private static boolean isC(String text) {
        int at = 0;
        while (at < text.length()) {
            char c = text.charAt(at);
            if (c == '{') {
                return true;
            } else if (text.startsWith("/*", at)) {
                int end = text.indexOf("*/", at + 2);
                at = end < 0 ? text.length() : end + 2;
            } else if (c == ';' || c == '#' || text.startsWith("//", at)) {
                int end = text.indexOf('\n', at);
                at = end < 0 ? text.length() : end;
            } else {
                at++;
            }
        }
        return false;
    }
}
