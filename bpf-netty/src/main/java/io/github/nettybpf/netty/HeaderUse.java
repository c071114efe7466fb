package io.github.nettybpf.netty;

import io.github.nettybpf.core.Extension;
import io.github.nettybpf.core.Instruction;
import io.github.nettybpf.core.Instruction.LoadIndirect;
import io.github.nettybpf.core.Instruction.PacketLoad;
import io.github.nettybpf.core.OffsetBase;
import io.github.nettybpf.core.Program;

/**
 * What a program can read of the headers that are made from the addresses of a datagram. An address that it cannot read
 * is not looked at, which takes time for every packet, and need not be known.
 *
 * @param sender whether it can read anything of the sender's address
 * @param recipient whether it can read anything of the recipient's address
 * @param ip whether it can read the IP header
 */
record HeaderUse(boolean sender, boolean recipient, boolean ip) {
    private static final int RECIPIENT_PORT = 2;
    private static final int LENGTH = 4;

    static HeaderUse of(Program program) {
        boolean ip = program.offsetBases().contains(OffsetBase.NETWORK)
                || program.extensions().contains(Extension.PROTO);
        return new HeaderUse(ip || reads(program, 0, RECIPIENT_PORT), ip || reads(program, RECIPIENT_PORT, LENGTH), ip);
    }

    /** {@return whether the program can read bytes of the packet between these offsets} */
    private static boolean reads(Program program, int from, int to) {
        return program.instructions().stream().anyMatch(instruction -> reads(instruction, from, to));
    }

    private static boolean reads(Instruction instruction, int from, int to) {
        // X can be anything, and the sum wraps around.
        return instruction instanceof LoadIndirect
                || (instruction instanceof PacketLoad load
                        && load.off() >= 0
                        && load.off() < to
                        && load.off() + load.size() > from);
    }
}
