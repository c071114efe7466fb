package io.github.nettybpf.netty.code;

import io.github.nettybpf.core.AluOp;
import io.github.nettybpf.core.Extension;
import io.github.nettybpf.core.Instruction;
import io.github.nettybpf.core.Instruction.AluConstant;
import io.github.nettybpf.core.Instruction.AluX;
import io.github.nettybpf.core.Instruction.Jump;
import io.github.nettybpf.core.Instruction.JumpIf;
import io.github.nettybpf.core.Instruction.JumpIfX;
import io.github.nettybpf.core.Instruction.LoadAbsolute;
import io.github.nettybpf.core.Instruction.LoadConstant;
import io.github.nettybpf.core.Instruction.LoadExtension;
import io.github.nettybpf.core.Instruction.LoadIndirect;
import io.github.nettybpf.core.Instruction.LoadMemShift;
import io.github.nettybpf.core.Instruction.LoadScratch;
import io.github.nettybpf.core.Instruction.ReturnA;
import io.github.nettybpf.core.Instruction.ReturnConstant;
import io.github.nettybpf.core.Instruction.StoreScratch;
import io.github.nettybpf.core.Instruction.Tax;
import io.github.nettybpf.core.Instruction.Txa;
import io.github.nettybpf.core.JumpCondition;
import io.github.nettybpf.core.OffsetBase;
import io.github.nettybpf.core.Placement;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.core.Register;
import io.github.nettybpf.netty.code.LabeledCode.Label;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A user's program within other code: what would end it with verdict 0, a load past the end or a division by 0, goes to
 * a label instead, because verdict 0 means something else there. Its returns go to labels as well.
 *
 * <p>Where a socket is chosen, a program for {@link Placement#UDP_SOCKET} counts from the UDP header, which the kernel has
 * taken off: its offsets shrink by 8, and it reads the ports after the IP header.
 */
public abstract class GuardedProgram {
    private static final int NETWORK = OffsetBase.SKF_NET_OFF;
    private static final int UDP_HEADER = 8;
    private static final int TCP_HEADER = 20;
    private static final int IPV4_HEADER = 20;
    private static final int IPV6_HEADER = 40;
    private static final int IPV6_FIRST_BYTE = 0x60;

    /** Where the kernel runs the code. */
    public enum Place {
        /** Where it chooses a socket of a group: offset 0 is the payload. */
        CHOICE(UDP_HEADER, 0, "the kernel steers without a link-layer header"),
        /** At a TCP socket: offset 0 is the TCP header, which is complete. */
        TCP_SOCKET(0, TCP_HEADER, "a TCP socket may have no link-layer header");

        /** How many bytes, at least, are between the IP header and offset 0. */
        private final int gap;

        /** How many bytes there are from offset 0 on, at least. */
        private final int present;

        private final String withoutLinkLayer;

        Place(int gap, int present, String withoutLinkLayer) {
            this.gap = gap;
            this.present = present;
            this.withoutLinkLayer = withoutLinkLayer;
        }

        /**
         * Throws if the program reads what cannot be known at this place.
         *
         * @param program a user's program
         * @throws IllegalArgumentException naming the instruction
         */
        public void require(Program program) {
            List<Placement> placements = this == TCP_SOCKET
                    ? List.of(Placement.TCP_SOCKET)
                    : List.of(Placement.PAYLOAD, Placement.UDP_SOCKET);
            program.placement().filter(own -> !placements.contains(own)).ifPresent(own -> {
                throw new IllegalArgumentException("the program is for placement " + own + " (expected: "
                        + placements.stream().map(Placement::name).collect(Collectors.joining(" or ")) + ")");
            });
            program.firstReading(OffsetBase.LINK_LAYER).ifPresent(pc -> {
                throw refused(program, pc, withoutLinkLayer);
            });
            for (Extension offsets : List.of(Extension.NLA, Extension.NLAN, Extension.POFF)) {
                program.firstReading(offsets).ifPresent(pc -> {
                    throw refused(program, pc, "this extension has no meaning here");
                });
            }
        }
    }

    private final Program program;
    private final Place place;
    private final LabeledCode code;

    /** How many bytes of the packet that the program counts from are not there any more. */
    private final int header;

    private final Label[] labels;

    /** Where what ends with verdict 0 without a return goes. */
    private final Label failed;

    /**
     * Prepares a program that has passed {@link Place#require}.
     *
     * @param program the program
     * @param place where it will run
     * @param code what it becomes part of
     * @param failed where what ends with verdict 0 without a return goes
     */
    protected GuardedProgram(Program program, Place place, LabeledCode code, Label failed) {
        this.program = program;
        this.place = place;
        this.code = code;
        this.failed = failed;
        this.header =
                place == Place.CHOICE && program.placement().equals(Optional.of(Placement.UDP_SOCKET)) ? UDP_HEADER : 0;
        this.labels = Stream.generate(Label::new).limit(program.size()).toArray(Label[]::new);
    }

    private static IllegalArgumentException refused(Program program, int pc, String why) {
        return new IllegalArgumentException(
                "insn " + pc + ": " + program.instructions().get(pc) + ": " + why);
    }

    /** Emits the jump that a return of a constant becomes. */
    protected abstract void emitReturn(int verdict);

    /** Emits the jump that a return of A becomes. */
    protected abstract void emitReturnA();

    /**
     * Emits the program, which begins with the registers that the code before it has left.
     *
     * @throws IllegalArgumentException if an instruction cannot be moved, or there is no free scratch slot
     */
    public final void emit() {
        List<Instruction> instructions = program.instructions();
        for (int pc = 0; pc < instructions.size(); pc++) {
            code.place(labels[pc]);
            emit(pc, instructions.get(pc));
        }
    }

    private void emit(int pc, Instruction instruction) {
        if (instruction instanceof LoadAbsolute load) {
            emitLoad(pc, load);
        } else if (instruction instanceof LoadIndirect load) {
            emitLoad(pc, load);
        } else if (instruction instanceof LoadMemShift load) {
            emitLoad(pc, load);
        } else if (instruction instanceof LoadExtension load && load.num() == Extension.LEN && header > 0) {
            emitLength(load);
        } else if (instruction instanceof AluX alu && (alu.op() == AluOp.DIV || alu.op() == AluOp.MOD)) {
            int saved = save(Register.A);
            code.add(new Txa());
            code.jumpIf(JumpCondition.JEQ, 0, failed);
            code.add(new LoadScratch(Register.A, saved));
            code.add(alu);
        } else if (instruction instanceof Jump jump) {
            code.jump(labels[jump.successors(pc).get(0)]);
        } else if (instruction instanceof JumpIf jump) {
            code.jumpIf(jump.cond(), jump.val(), labels[jump.trueTarget(pc)], labels[jump.falseTarget(pc)]);
        } else if (instruction instanceof JumpIfX jump) {
            code.jumpIfX(jump.cond(), labels[jump.trueTarget(pc)], labels[jump.falseTarget(pc)]);
        } else if (instruction instanceof ReturnConstant ret) {
            emitReturn(ret.val());
        } else if (instruction instanceof ReturnA) {
            emitReturnA();
        } else {
            code.add(instruction);
        }
    }

    private void emitLoad(int pc, LoadAbsolute load) {
        if (load.off() >= 0 && load.off() < header) {
            emitLoadFromHeader(pc, load);
            return;
        }
        emitGuard(load.off(), load.size());
        code.add(load.off() < 0 ? load : new LoadAbsolute(load.off() - header, load.size()));
    }

    /** The ports come after the IP header, whose length only IPv4 tells; IPv6 may have others in between. */
    private void emitLoadFromHeader(int pc, LoadAbsolute load) {
        if (load.off() + load.size() > header) {
            throw refused(program, pc, "the load goes across the end of the UDP header");
        }
        Label ipv6 = new Label();
        Label done = new Label();
        code.add(new LoadAbsolute(NETWORK, 1));
        code.jumpIf(JumpCondition.JGE, IPV6_FIRST_BYTE, ipv6);
        int saved = save(Register.X);
        code.add(new LoadMemShift(NETWORK));
        code.add(new LoadIndirect(NETWORK + load.off(), load.size()));
        code.add(new LoadScratch(Register.X, saved));
        code.jump(done);
        code.place(ipv6);
        code.add(new LoadAbsolute(NETWORK + 6, 1));
        code.jumpUnless(JumpCondition.JEQ, 17, failed);
        code.add(new LoadAbsolute(NETWORK + IPV6_HEADER + load.off(), load.size()));
        code.place(done);
    }

    private void emitLoad(int pc, LoadMemShift load) {
        if (load.off() >= 0 && load.off() < header) {
            throw refused(program, pc, "a length in the UDP header");
        }
        if (isInIpHeader(load.off(), 1)) {
            code.add(load);
            return;
        }
        int saved = save(Register.A);
        emitGuard(load.off(), 1);
        code.add(new LoadScratch(Register.A, saved));
        code.add(load.off() < 0 ? load : new LoadMemShift(load.off() - header));
    }

    /** {@return whether the bytes are there whatever the packet: in the IP header or soon after} */
    private boolean isInIpHeader(int offset, int size) {
        return offset >= NETWORK && offset < 0 && offset - NETWORK + size <= IPV4_HEADER + place.gap + place.present;
    }

    /** Goes on if the load succeeds. Changes A. May be too strict where an IPv4 header has options. */
    private void emitGuard(int offset, int size) {
        if (isInIpHeader(offset, size)) {
            return; // both IP headers, with what follows, are as long
        } else if (offset >= 0) {
            // Up to 4 bytes from 2^31 - 1 on end after it: a length is compared without a sign.
            int end = offset - header + size;
            if (Integer.compareUnsigned(end, place.present) > 0) {
                code.requireLength(end, failed);
            }
        } else if (offset < NETWORK) {
            code.jump(failed); // no base has this offset
        } else {
            int end = offset - NETWORK + size - place.gap;
            Label ipv6 = new Label();
            Label longEnough = new Label();
            code.add(new LoadAbsolute(NETWORK, 1));
            code.jumpIf(JumpCondition.JGE, IPV6_FIRST_BYTE, ipv6);
            code.requireLength(end - IPV4_HEADER, failed);
            code.jump(longEnough);
            code.place(ipv6);
            if (end - IPV6_HEADER > place.present) {
                code.requireLength(end - IPV6_HEADER, failed);
            }
            code.place(longEnough);
        }
    }

    private void emitLoad(int pc, LoadIndirect load) {
        int size = load.size();
        if (load.off() >= header) {
            emitIndirectGuard(0, load.off() - header + size);
            code.add(new LoadIndirect(load.off() - header, size));
        } else if (load.off() >= 0) {
            throw refused(program, pc, "the load may be in the UDP header or in the payload");
        } else if (load.off() >= NETWORK) {
            emitIndirectGuard(IPV4_HEADER + place.gap, load.off() - NETWORK + size);
            code.add(load);
        } else {
            throw refused(program, pc, "the load may be anywhere");
        }
    }

    /** Goes on if X + {@code end} is at most {@code len + before}; a sum that wraps around is too much. Changes A. */
    private void emitIndirectGuard(int before, int end) {
        code.add(new LoadExtension(Extension.LEN));
        if (before > 0) {
            code.add(new AluConstant(AluOp.ADD, before));
        }
        code.jumpUnless(JumpCondition.JGE, end, failed);
        code.add(new AluConstant(AluOp.SUB, end));
        Label inside = new Label();
        code.jumpIfX(JumpCondition.JGE, inside, failed);
        code.place(inside);
    }

    private void emitLength(LoadExtension load) {
        if (load.dst() == Register.A) {
            code.add(load);
            code.add(new AluConstant(AluOp.ADD, header));
            return;
        }
        int saved = save(Register.A);
        code.add(new LoadExtension(Extension.LEN));
        code.add(new AluConstant(AluOp.ADD, header));
        code.add(new Tax());
        code.add(new LoadScratch(Register.A, saved));
    }

    /** Stores a register in a scratch slot that the program does not use, and returns the slot. */
    private int save(Register register) {
        int free = IntStream.range(0, Program.SCRATCH_SLOTS)
                .filter(slot -> program.instructions().stream()
                        .noneMatch(i -> i.reads().union(i.writes()).containsScratch(slot)))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        "the program uses all 16 scratch slots (expected: at most 15, steering needs one)"));
        code.add(new StoreScratch(register, free));
        return free;
    }

    /**
     * Emits what gives a program the registers that it begins with.
     *
     * @param code the code before it
     */
    public static void clearRegisters(LabeledCode code) {
        code.add(new LoadConstant(Register.A, 0));
        code.add(new Tax());
    }
}
