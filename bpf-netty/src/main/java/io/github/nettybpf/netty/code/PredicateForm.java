package io.github.nettybpf.netty.code;

import io.github.nettybpf.core.Instruction;
import io.github.nettybpf.core.Instruction.Jump;
import io.github.nettybpf.core.Instruction.JumpIf;
import io.github.nettybpf.core.Instruction.ReturnA;
import io.github.nettybpf.core.Instruction.ReturnConstant;
import io.github.nettybpf.core.JumpCondition;
import io.github.nettybpf.core.Program;
import io.netty.channel.Channel;
import io.netty.channel.socket.DatagramChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The predicate form of a program: it drops what the program drops, and keeps whole what the program keeps a part of.
 * The kernel runs it while the pipeline judges again by the program itself: a truncated packet could get another
 * verdict there.
 */
public final class PredicateForm {
    private static final int ALL = -1;

    /** A UDP datagram's length, header included, has 16 bits. */
    private static final int LONGEST_DATAGRAM = 0xffff;

    private PredicateForm() {}

    /** {@return the predicate form, or empty if it has too many instructions} */
    public static Optional<Program> of(Program program) {
        List<Instruction> form = new ArrayList<>(program.size() + 3);
        int end = program.size();
        boolean returnsA = false;
        for (Instruction instruction : program.instructions()) {
            if (instruction instanceof ReturnConstant ret) {
                form.add(new ReturnConstant(ret.val() == 0 ? 0 : ALL));
            } else if (instruction instanceof ReturnA) {
                returnsA = true;
                form.add(new Jump(end - form.size() - 1));
            } else {
                form.add(instruction);
            }
        }
        if (returnsA) {
            form.add(new JumpIf(JumpCondition.JEQ, 0, 1, 0));
            form.add(new ReturnConstant(ALL));
            form.add(new ReturnConstant(0));
        }
        return form.size() > Program.MAX_SIZE ? Optional.empty() : Optional.of(Program.of(form));
    }

    /** {@return the most bytes that a packet of the channel can have, unsigned} */
    public static int longestPacket(Channel channel) {
        return channel instanceof DatagramChannel ? LONGEST_DATAGRAM : -1;
    }

    /**
     * {@return whether the program keeps packets whole or not at all, so that its predicate form means the same}
     *
     * @param program the program
     * @param longest the most bytes that a packet can have, unsigned
     */
    public static boolean isExact(Program program, int longest) {
        return program.verdicts()
                .map(verdicts -> verdicts.stream()
                        .allMatch(verdict -> verdict == 0 || Integer.compareUnsigned(verdict, longest) >= 0))
                .orElse(false);
    }
}
