package io.github.nettybpf.netty.reuseport;

import io.github.nettybpf.core.Filter;
import io.github.nettybpf.core.Packet;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.core.VerificationException;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/** A {@link Steering} for a number of slots: the kernel's choice as a function. Immutable, for use by any thread. */
public final class SlotFunction {
    private final Steering steering;
    private final int slots;
    private final Program program;
    private final Filter filter;

    SlotFunction(Steering steering, int slots) {
        this.steering = steering;
        this.slots = slots;
        this.program = program(IntStream.range(0, slots).toArray());
        this.filter = Filter.of(program);
    }

    /** {@return the steering} */
    public Steering steering() {
        return steering;
    }

    /** {@return the number of slots} */
    public int slots() {
        return slots;
    }

    /** {@return the program whose verdict is the slot} It counts from the payload. */
    public Program program() {
        return program;
    }

    /**
     * {@return the slot of a packet, or empty if it depends on what the packet does not know, such as the CPU}
     *
     * @param packet counts from the payload and has the IP header as {@link Packet#network()}: see {@link
     *     SteeredDatagram}
     */
    public OptionalInt slot(Packet packet) {
        int slot = find(packet);
        return slot < 0 ? OptionalInt.empty() : OptionalInt.of(slot);
    }

    /** {@return the slot of a packet, or a negative number if it is not known} */
    int find(Packet packet) {
        int slot = filter.run(packet);
        return packet instanceof SteeredDatagram datagram && datagram.readUnknown() ? -1 : slot;
    }

    /**
     * {@return the program for the kernel}
     *
     * @param verdicts the index of the socket for each slot
     * @throws IllegalArgumentException if it is too long
     */
    Program program(int[] verdicts) {
        try {
            return steering.program(verdicts);
        } catch (VerificationException e) {
            throw new IllegalArgumentException(
                    "steering " + steering + " to " + verdicts.length + " slots: " + e.getMessage(), e);
        }
    }

    @Override
    public String toString() {
        return steering + ", " + slots + " slots";
    }
}
