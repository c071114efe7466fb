package io.github.nettybpf.netty.headers;

import io.github.nettybpf.core.Instruction;
import io.github.nettybpf.core.Instruction.LoadIndirect;
import io.github.nettybpf.core.Instruction.PacketLoad;
import io.github.nettybpf.core.Program;

/**
 * What a program can read of the headers that are made from the addresses of a datagram. An address that it cannot read
 * is not looked at, which takes time for every packet, and need not be known.
 *
 * @param sender whether it can read anything of the sender's address
 * @param recipient whether it can read anything of the recipient's address
 * @param ip whether it can read the IP header
 * @param version whether it reads the first byte of the IP header, of which only the version is known
 * @param length whether it can read the UDP length, which is known of IPv4 alone: the sender's address tells
 */
public record HeaderUse(boolean sender, boolean recipient, boolean ip, boolean version, boolean length) {
    private static final int RECIPIENT_PORT = 2;
    private static final int LENGTH = 4;

    /**
     * {@return what a program can read of the headers}
     *
     * @param program the program
     */
    public static HeaderUse of(Program program) {
        UdpHeaderReads headers = new UdpHeaderReads(program);
        boolean ip = headers.readsIpHeader();
        return new HeaderUse(
                ip || headers.readsLength() || reads(program, 0, RECIPIENT_PORT),
                ip || reads(program, RECIPIENT_PORT, LENGTH),
                ip,
                headers.readsVersion(),
                headers.readsLength());
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
