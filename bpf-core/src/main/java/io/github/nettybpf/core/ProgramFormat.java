package io.github.nettybpf.core;

import io.github.nettybpf.core.text.Assembler;
import io.github.nettybpf.core.text.Detection;
import io.github.nettybpf.core.text.Disassembler;
import io.github.nettybpf.core.text.Ebpf;
import io.github.nettybpf.core.text.HexText;
import io.github.nettybpf.core.text.Initialisers;
import io.github.nettybpf.core.text.Listing;
import io.github.nettybpf.core.text.NumberRows;
import io.github.nettybpf.core.text.NumericWriter;
import io.github.nettybpf.core.text.Surroundings;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
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
            return NumericWriter.writeCounted(program, ',') + "\n";
        }

        @Override
        Program readText(String text) {
            return NumberRows.read(text).verified();
        }

        @Override
        List<RawInstruction> readRaw(String text) {
            return NumberRows.read(text).raw();
        }
    },

    /** C initialisers, {@code { 0x28, 0, 0, 0x0000000c },}: {@code bpf_asm -c} and {@code tcpdump -dd}. */
    C {
        @Override
        public String write(List<RawInstruction> program) {
            return NumericWriter.writeC(program);
        }

        @Override
        Program readText(String text) {
            return Initialisers.read(text).verified();
        }

        @Override
        List<RawInstruction> readRaw(String text) {
            return Initialisers.read(text).raw();
        }
    },

    /** The numbers of {@link #BYTECODE}, one instruction a line: {@code tcpdump -ddd}. */
    DDD {
        @Override
        public String write(List<RawInstruction> program) {
            return NumericWriter.writeCounted(program, '\n');
        }

        @Override
        Program readText(String text) {
            return NumberRows.read(text).verified();
        }

        @Override
        List<RawInstruction> readRaw(String text) {
            return NumberRows.read(text).raw();
        }
    },

    /** The bytes of {@code struct sock_filter} in hexadecimal, in the byte order of this machine, 16 digits a line. */
    HEX {
        @Override
        public String write(List<RawInstruction> program) {
            return NumericWriter.writeHex(program);
        }

        @Override
        Program readText(String text) {
            return HexText.read(text).verified();
        }

        @Override
        List<RawInstruction> readRaw(String text) {
            return HexText.read(text).raw();
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
            return Listing.read(text, Program::parse);
        }

        @Override
        List<RawInstruction> readRaw(String text) {
            return Listing.read(text, Assembler::assembleUnverified);
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
     * {@return the program of a text in this notation} A byte order mark at the beginning is ignored.
     *
     * @param text the text
     * @throws AssemblyException if the text is malformed, or the kernel would refuse the program
     */
    public Program read(CharSequence text) {
        String string = Surroundings.withoutByteOrderMark(text.toString());
        Ebpf.refuse(string);
        return readText(string);
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
        return unambiguous(text).read(text);
    }

    /**
     * {@return the instructions of a text, which are not verified} For fragments, and for tools that show what is wrong
     * with a program.
     *
     * @param text the text, in any notation
     * @throws AssemblyException if the text is malformed
     */
    public static List<RawInstruction> readUnverified(CharSequence text) {
        ProgramFormat format = unambiguous(text);
        String string = Surroundings.withoutByteOrderMark(text.toString());
        Ebpf.refuse(string);
        return List.copyOf(format.readRaw(string));
    }

    private static ProgramFormat unambiguous(CharSequence text) {
        ProgramFormat format = detect(text);
        if ((format == HEX || format == DDD) && NumberRows.isAmbiguous(text.toString())) {
            throw new AssemblyException(
                    1, 1, "lines of four bytes or of four numbers (expected: the notation, hex or ddd, by its name)");
        }
        return format;
    }

    /**
     * {@return the notation of the text, by how it starts, or {@link #ASM} if it is none of the others}
     *
     * @param text the text
     */
    public static ProgramFormat detect(CharSequence text) {
        return Detection.format(Surroundings.withoutByteOrderMark(text.toString()));
    }

    /**
     * {@return whether the text is meant as a program, and not as a filter expression} It need not be well-formed: it is
     * in one of the notations other than {@link #ASM}, or has a comment, an operand or a mnemonic that no expression has.
     * Text without anything but {@code #} comments is meant as a program, which is empty.
     *
     * @param text the text
     */
    public static boolean isProgram(CharSequence text) {
        return Detection.isProgram(Surroundings.withoutByteOrderMark(text.toString()));
    }

    /**
     * {@return the contents of a file as text in one of the notations} That is the text itself if it is UTF-8, without
     * a byte order mark. If the file has the bytes of {@code struct sock_filter} in the byte order of this machine, it is
     * those in {@link #HEX}.
     *
     * @param contents the bytes of the file
     * @throws CharacterCodingException if the contents are neither
     */
    public static String textOf(byte[] contents) throws CharacterCodingException {
        List<RawInstruction> structs = structs(contents);
        if (!structs.isEmpty()) {
            return HEX.write(structs);
        }
        String text = StandardCharsets.UTF_8
                .newDecoder()
                .decode(ByteBuffer.wrap(contents))
                .toString();
        return Surroundings.withoutByteOrderMark(text);
    }

    /** Every code has a byte that is 0, which text has not. */
    private static List<RawInstruction> structs(byte[] contents) {
        List<RawInstruction> structs = new ArrayList<>();
        ByteBuffer buffer = ByteBuffer.wrap(contents).order(ByteOrder.nativeOrder());
        while (buffer.remaining() >= RawInstruction.BYTES) {
            RawInstruction struct = RawInstruction.readFrom(buffer);
            if (struct.code() > 0xff) {
                return List.of();
            }
            structs.add(struct);
        }
        return buffer.hasRemaining() ? List.of() : structs;
    }
}
