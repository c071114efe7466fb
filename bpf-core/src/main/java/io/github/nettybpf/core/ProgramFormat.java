package io.github.nettybpf.core;

/**
 * The notations that tools write and read programs in. docs/formats.md shows each, and who takes it.
 */
public enum ProgramFormat {
    /** The text of the kernel's bpf_asm: see {@link Program#parse}. */
    ASM {
        @Override
        public String write(Program program) {
            return program.toString();
        }

        @Override
        Program readText(String text) {
            return Program.parse(text);
        }
    },

    /** {@code 4,40 0 0 12,…}: iptables' xt_bpf, tc's cls_bpf, bpf_asm and bpf_dbg. One line. */
    BYTECODE {
        @Override
        public String write(Program program) {
            return NumericText.writeCounted(program, ',') + "\n";
        }

        @Override
        Program readText(String text) {
            return NumericText.readCounted(text, ',');
        }
    },

    /** C initialisers, {@code { 0x28, 0, 0, 0x0000000c },}: {@code bpf_asm -c} and {@code tcpdump -dd}. */
    C {
        @Override
        public String write(Program program) {
            return NumericText.writeC(program);
        }

        @Override
        Program readText(String text) {
            return NumericText.readC(text);
        }
    },

    /** The numbers of {@link #BYTECODE}, one instruction a line: {@code tcpdump -ddd}. */
    DDD {
        @Override
        public String write(Program program) {
            return NumericText.writeCounted(program, '\n');
        }

        @Override
        Program readText(String text) {
            return NumericText.readCounted(text, '\n');
        }
    },

    /** The bytes of {@code struct sock_filter} in hexadecimal, in the byte order of this machine, 16 digits a line. */
    HEX {
        @Override
        public String write(Program program) {
            return NumericText.writeHex(program);
        }

        @Override
        Program readText(String text) {
            return NumericText.readHex(text);
        }
    },

    /** What {@code tcpdump -d} prints: {@code (000) ldh [12]}, with the targets of jumps as instruction numbers. */
    LISTING {
        @Override
        public String write(Program program) {
            return Disassembler.listing(program);
        }

        @Override
        Program readText(String text) {
            return Program.parse(Listing.toAssembly(text));
        }
    };

    /**
     * {@return the program in this notation, ending with a line feed}
     *
     * @param program the program
     */
    public abstract String write(Program program);

    abstract Program readText(String text);

    /**
     * {@return the program that the text in whatever notation stands for} The notation is found by {@link #of}.
     *
     * @param text the text
     * @throws AssemblyException if the text is malformed, or the kernel would refuse the program
     */
    public static Program read(CharSequence text) {
        String string = text.toString();
        return of(string).readText(string);
    }

    /**
     * {@return the notation of the text, by how it begins}, {@link #ASM} if it is none of the others.
     *
     * @param text the text
     */
    public static ProgramFormat of(CharSequence text) {
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

    /** Braces occur in bpf_asm text only in comments. */
    private static boolean isC(String text) {
        return text.replaceAll("(?s)/\\*.*?(\\*/|\\z)", "")
                .lines()
                .map(line -> line.replaceAll("(;|//|#).*", ""))
                .anyMatch(line -> line.indexOf('{') >= 0);
    }
}
