package io.github.nettybpf.tools.dbg;

import io.github.nettybpf.core.AluOp;
import io.github.nettybpf.core.Instruction;
import io.github.nettybpf.core.Instruction.AluConstant;
import io.github.nettybpf.core.Instruction.AluX;
import io.github.nettybpf.core.Instruction.ConditionalJump;
import io.github.nettybpf.core.Instruction.Jump;
import io.github.nettybpf.core.Instruction.JumpIf;
import io.github.nettybpf.core.Instruction.JumpIfX;
import io.github.nettybpf.core.Instruction.LoadAbsolute;
import io.github.nettybpf.core.Instruction.LoadConstant;
import io.github.nettybpf.core.Instruction.LoadExtension;
import io.github.nettybpf.core.Instruction.LoadIndirect;
import io.github.nettybpf.core.Instruction.LoadMemShift;
import io.github.nettybpf.core.Instruction.LoadScratch;
import io.github.nettybpf.core.Instruction.NegateA;
import io.github.nettybpf.core.Instruction.ReturnA;
import io.github.nettybpf.core.Instruction.ReturnConstant;
import io.github.nettybpf.core.Instruction.StoreScratch;
import io.github.nettybpf.core.Instruction.Tax;
import io.github.nettybpf.core.Instruction.Txa;
import io.github.nettybpf.core.Packet;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.core.RawInstruction;
import io.github.nettybpf.core.SteppingMachine;
import java.util.EnumSet;
import java.util.Set;

/**
 * Formats instructions, registers and packets as bpf_dbg does, byte for byte. Source: its output, and
 * tools/bpf/bpf_dbg.c of the kernel.
 */
final class RegisterDump {
    private static final int BYTES_PER_LINE = 16;

    /** The operations whose constant is shown as a signed decimal number. */
    private static final Set<AluOp> DECIMAL =
            EnumSet.of(AluOp.ADD, AluOp.SUB, AluOp.MUL, AluOp.DIV, AluOp.MOD, AluOp.LSH, AluOp.RSH);

    private RegisterDump() {}

    /** {@return a line with an instruction after its label} */
    static String line(Program program, int pc) {
        return "l" + pc + ":\t" + text(program.instructions().get(pc), pc) + "\n";
    }

    private static String text(Instruction instruction, int pc) {
        String mnemonic = instruction.mnemonic();
        if (instruction instanceof LoadAbsolute load) {
            return mnemonic + " [" + load.off() + "]";
        } else if (instruction instanceof LoadIndirect load) {
            return mnemonic + " [x+" + load.off() + "]";
        } else if (instruction instanceof LoadConstant load) {
            return mnemonic + " #" + hex(load.val());
        } else if (instruction instanceof AluConstant alu) {
            return mnemonic + " #" + (DECIMAL.contains(alu.op()) ? Integer.toString(alu.val()) : hex(alu.val()));
        } else if (instruction instanceof Jump jump) {
            return mnemonic + " " + jump.successors(pc).get(0);
        } else if (instruction instanceof JumpIf jump) {
            return mnemonic + " #" + hex(jump.val()) + targets(jump, pc);
        } else if (instruction instanceof JumpIfX jump) {
            return mnemonic + " x" + targets(jump, pc);
        } else if (instruction instanceof ReturnConstant ret) {
            return mnemonic + " #" + hex(ret.val());
        } else if (instruction instanceof NegateA || instruction instanceof Tax || instruction instanceof Txa) {
            return mnemonic + " ";
        } else if (instruction instanceof LoadMemShift
                || instruction instanceof LoadExtension
                || instruction instanceof LoadScratch
                || instruction instanceof StoreScratch
                || instruction instanceof AluX
                || instruction instanceof ReturnA) {
            return instruction.toString();
        }
        throw new AssertionError(instruction);
    }

    private static String targets(ConditionalJump jump, int pc) {
        return ", l" + jump.trueTarget(pc) + ", l" + jump.falseTarget(pc);
    }

    /** As C's %#x. */
    private static String hex(int value) {
        return value == 0 ? "0" : "0x" + Integer.toHexString(value);
    }

    /** {@return a line for each instruction} */
    static String disassembly(Program program) {
        StringBuilder text = new StringBuilder();
        for (int pc = 0; pc < program.size(); pc++) {
            text.append(line(program, pc));
        }
        return text.toString();
    }

    /** {@return the registers and the packet before the next instruction} */
    static String of(SteppingMachine machine) {
        Program program = machine.program();
        int pc = machine.pc();
        RawInstruction raw = program.raw().get(pc);
        StringBuilder dump = new StringBuilder("-- register dump --\n");
        dump.append("pc:       [").append(pc).append("]\n");
        dump.append("code:     [").append(raw.code()).append("] jt[").append(raw.jt());
        dump.append("] jf[").append(raw.jf()).append("] k[").append(Integer.toUnsignedString(raw.k()));
        dump.append("]\ncurr:     ").append(line(program, pc));
        Instruction instruction = program.instructions().get(pc);
        if (instruction instanceof ConditionalJump jump && (jump.skipTrue() != 0 || jump.skipFalse() != 0)) {
            dump.append("jt:       ").append(line(program, jump.trueTarget(pc)));
            dump.append("jf:       ").append(line(program, jump.falseTarget(pc)));
        }
        dump.append("A:        ").append(register(machine.a()));
        dump.append("X:        ").append(register(machine.x()));
        return dump.append(scratch(machine))
                .append("-- packet dump --\n")
                .append(packet(machine.packet()))
                .toString();
    }

    /** A line for each slot that is not 0, or one for all if none is. */
    private static String scratch(SteppingMachine machine) {
        StringBuilder slots = new StringBuilder();
        for (int slot = 0; slot < Program.SCRATCH_SLOTS; slot++) {
            if (machine.m(slot) != 0) {
                slots.append("M[").append(slot).append("]: ").append(register(machine.m(slot)));
            }
        }
        return slots.isEmpty() ? "M[0,15]:  " + register(0) : slots.toString();
    }

    /** As C's [%#08x][%u]. */
    private static String register(int value) {
        String hex = value == 0 ? "00000000" : String.format("0x%06x", value);
        return "[" + hex + "][" + Integer.toUnsignedString(value) + "]\n";
    }

    private static String packet(Packet packet) {
        StringBuilder dump = new StringBuilder();
        if (packet.length() != packet.wireLength()) {
            dump.append("cap: ").append(packet.length()).append(", ");
        }
        dump.append("len: ")
                .append(Integer.toUnsignedString(packet.wireLength()))
                .append('\n');
        dump.append("  0: ");
        for (int at = 0; at < packet.length(); at++) {
            if (at > 0 && at % BYTES_PER_LINE == 0) {
                dump.append(String.format("\n%3d: ", at));
            }
            dump.append(String.format("%02x ", packet.u8(at)));
        }
        return dump.append('\n').toString();
    }
}
