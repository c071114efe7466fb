package io.github.nettybpf.packet;

import io.github.nettybpf.core.Program;
import org.jspecify.annotations.Nullable;

/**
 * A fanout group (PACKET_FANOUT, packet(7)): its channels share the frames of their interface, and each frame goes to
 * one of them. Bind one channel for each event loop, all to the same address with the same fanout.
 *
 * @param group the number of the group in the network namespace, 0..65535
 * @param mode how the kernel chooses the member that receives a frame
 * @param program the program of {@link Mode#PROGRAM}, otherwise null
 */
public record PacketFanout(int group, Mode mode, @Nullable Program program) {
    /** How the kernel chooses the member of a group that receives a frame. */
    public enum Mode {
        /** By a hash of the flow, so that all frames of a connection go to the same member (PACKET_FANOUT_HASH). */
        HASH(0),
        /** Each member in turn (PACKET_FANOUT_LB). */
        ROUND_ROBIN(1),
        /** By the CPU that received the frame (PACKET_FANOUT_CPU). */
        CPU(2),
        /** By a program: the member's number is its verdict modulo the number of members (PACKET_FANOUT_CBPF). */
        PROGRAM(6);

        final int number;

        Mode(int number) {
            this.number = number;
        }
    }

    /** Checks that there is a program exactly if the mode is {@link Mode#PROGRAM}. */
    public PacketFanout {
        if (group < 0 || group > 0xffff) {
            throw new IllegalArgumentException("fanout group " + group + " (expected: 0..65535)");
        }
        if ((mode == Mode.PROGRAM) != (program != null)) {
            throw new IllegalArgumentException(
                    "fanout " + mode + (program == null ? " without" : " with") + " a program");
        }
    }

    /**
     * {@return a fanout of mode {@link Mode#HASH}}
     *
     * @param group the group
     */
    public static PacketFanout hash(int group) {
        return new PacketFanout(group, Mode.HASH, null);
    }

    /**
     * {@return a fanout of mode {@link Mode#ROUND_ROBIN}}
     *
     * @param group the group
     */
    public static PacketFanout roundRobin(int group) {
        return new PacketFanout(group, Mode.ROUND_ROBIN, null);
    }

    /**
     * {@return a fanout of mode {@link Mode#CPU}}
     *
     * @param group the group
     */
    public static PacketFanout cpu(int group) {
        return new PacketFanout(group, Mode.CPU, null);
    }

    /**
     * {@return a fanout of mode {@link Mode#PROGRAM}} All members of a group have the same program: within a process, a
     * channel with another one is refused; if several processes share the group, the program of the last channel to
     * join is used for all. The program's offset 0 is the network header for both types of channel. Members are
     * numbered in the order in which they were bound.
     *
     * @param group the group
     * @param program the program
     */
    public static PacketFanout program(int group, Program program) {
        return new PacketFanout(group, Mode.PROGRAM, program);
    }
}
