package io.github.nettybpf.packet;

import io.github.nettybpf.core.Program;
import org.jspecify.annotations.Nullable;

/**
 * How the channels of one group share the frames of their interface (PACKET_FANOUT), each frame going to one of them: as
 * many channels as there are event loops, all bound to the same address with the same fanout.
 *
 * @param group 0..65535; one group is one set of channels in the network namespace
 * @param mode who gets a frame
 * @param program of {@link Mode#PROGRAM}, otherwise null
 */
public record PacketFanout(int group, Mode mode, @Nullable Program program) {
    /** Who of a group gets a frame. */
    public enum Mode {
        /** By a hash of the flow: the frames of a connection go to the same member. */
        HASH(0),
        /** In turn. */
        ROUND_ROBIN(1),
        /** By the CPU that the frame came in on. */
        CPU(2),
        /** By a program, whose verdict modulo the number of members says who. */
        PROGRAM(6);

        final int number;

        Mode(int number) {
            this.number = number;
        }
    }

    /** Checks that there is a program when, and only when, the mode asks for it. */
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
     * {@return a fanout by a hash of the flow}
     *
     * @param group the group
     */
    public static PacketFanout hash(int group) {
        return new PacketFanout(group, Mode.HASH, null);
    }

    /**
     * {@return a fanout in turn}
     *
     * @param group the group
     */
    public static PacketFanout roundRobin(int group) {
        return new PacketFanout(group, Mode.ROUND_ROBIN, null);
    }

    /**
     * {@return a fanout by CPU}
     *
     * @param group the group
     */
    public static PacketFanout cpu(int group) {
        return new PacketFanout(group, Mode.CPU, null);
    }

    /**
     * {@return a fanout by a program}. All members of a group have the same one: a channel with another one is refused,
     * where its process has members of the group; of several processes, the last channel to join decides for all. Its offset 0 is the network header, whatever the type of the channel; members are
     * numbered in the order in which they were bound.
     *
     * @param group the group
     * @param program the program
     */
    public static PacketFanout program(int group, Program program) {
        return new PacketFanout(group, Mode.PROGRAM, program);
    }
}
