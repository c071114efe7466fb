package io.github.nettybpf.core;

/**
 * One instruction of the machine. The records hold whatever has an encoding; which instructions a program may contain,
 * and with which operands, is for {@link Program} to say.
 *
 * <p>Names and fields are those of golang.org/x/net/bpf. 32-bit values are unsigned: use {@link Integer#toUnsignedLong}
 * and the like to compare or print them.
 *
 * <p>{@code toString} gives the instruction in bpf_asm notation, with the number of instructions that a jump skips
 * where the text of a program has a label.
 */
public sealed interface Instruction
        permits LoadConstant,
                LoadScratch,
                LoadAbsolute,
                LoadIndirect,
                LoadMemShift,
                LoadExtension,
                StoreScratch,
                AluConstant,
                AluX,
                NegateA,
                Jump,
                JumpIf,
                JumpIfX,
                ReturnA,
                ReturnConstant,
                Tax,
                Txa {

    /** {@return the encoding}: {@link RawInstruction#disassemble} leads back here. */
    RawInstruction assemble();
}
