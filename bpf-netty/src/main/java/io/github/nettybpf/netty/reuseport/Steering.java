package io.github.nettybpf.netty.reuseport;

import io.github.nettybpf.core.Extension;
import io.github.nettybpf.core.Instruction.LoadExtension;
import io.github.nettybpf.core.JumpCondition;
import io.github.nettybpf.core.Placement;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.netty.code.GuardedProgram;
import io.github.nettybpf.netty.code.GuardedProgram.Place;
import io.github.nettybpf.netty.code.LabeledCode.Label;
import java.util.List;

/**
 * Which slot of a {@link ReusePortGroup} a datagram, or the first segment of a TCP connection, belongs to. Immutable.
 *
 * <p>What a steering does not decide, such as a datagram that is too short for it, is spread by a hash of its source
 * address and port, or goes to one slot: see {@link #otherwise}. It never goes to the first slot by accident, as the
 * kernel has it where a program loads what is not there.
 */
public final class Steering {
    /** The most slots of a group. */
    public static final int MAX_SLOTS = 1024;

    private static final int BY_HASH = -1;

    private final String name;
    private final SteeringCode.Emitter emitter;
    private final int fallback;

    Steering(String name, SteeringCode.Emitter emitter) {
        this(name, emitter, BY_HASH);
    }

    private Steering(String name, SteeringCode.Emitter emitter, int fallback) {
        this.name = name;
        this.emitter = emitter;
        this.fallback = fallback;
    }

    /** {@return a steering that keeps all of one source address in one slot} A v4-mapped address is an IPv4 address. */
    public static Steering bySourceAddress() {
        return new Steering("by source address", to -> {
            to.hashOfSource(false);
            to.code.jump(to.hashInA);
        });
    }

    /**
     * {@return a steering that keeps all of one source address and port in one slot} Of an IPv6 packet with extension
     * headers, only the address counts.
     */
    public static Steering bySource() {
        return new Steering("by source address and port", to -> to.code.jump(to.undecided));
    }

    /**
     * {@return a steering by the CPU that receives the packet: its number modulo the number of slots} Packets stay on a
     * CPU if the event loop of the slot runs there, which is up to the application.
     */
    public static Steering byCpu() {
        return new Steering("by CPU", to -> {
            to.code.add(new LoadExtension(Extension.CPU));
            to.code.jump(to.hashInA);
        });
    }

    /**
     * {@return a steering by the connection id of QUIC packets, for servers that issue ids of these} A connection stays
     * in its slot when its client's address changes.
     *
     * @param ids makes the ids of the server
     */
    public static Steering quicConnectionId(QuicConnectionIds ids) {
        return new Steering("by QUIC connection id", ids::emit);
    }

    /**
     * {@return a steering whose verdict is the slot}
     *
     * @param program counts from the payload (of a program for {@link Placement#UDP_SOCKET}: from the UDP header), and
     *     reads the IP header at SKF_NET_OFF; a verdict that is no slot, a load past the end and a division by 0 decide
     *     nothing
     * @throws IllegalArgumentException if the program reads what cannot be known there
     */
    public static Steering of(Program program) {
        Place.CHOICE.require(program);
        return new Steering(
                "by a program of " + program.size() + " instructions",
                to -> new GuardedProgram(program, Place.CHOICE, to.code, to.undecided) {
                    @Override
                    protected void emitReturn(int verdict) {
                        to.code.jump(to.slot(verdict));
                    }

                    @Override
                    protected void emitReturnA() {
                        to.code.jump(to.slotInA);
                    }
                }.emit());
    }

    /**
     * {@return a steering by classes of traffic: slot 0 gets what the first program accepts, slot 1 what the second
     * does, and so on} What none accepts is not decided.
     *
     * @param classes programs for {@link Placement#UDP_SOCKET}, such as compiled filter expressions, or for
     *     {@link Placement#PAYLOAD}; a load past the end accepts nothing
     * @throws IllegalArgumentException if there is none, or one reads what cannot be known there
     */
    public static Steering classes(Program... classes) {
        List<Program> programs = List.of(classes);
        if (programs.isEmpty()) {
            throw new IllegalArgumentException("no classes (expected: at least one program)");
        }
        programs.forEach(Place.CHOICE::require);
        return new Steering("by " + programs.size() + " classes", to -> {
            for (int slot = 0; slot < programs.size(); slot++) {
                emitClass(to, programs.get(slot), to.slot(slot));
            }
            to.code.jump(to.undecided);
        });
    }

    private static void emitClass(SteeringCode to, Program program, Label accepted) {
        Label next = new Label();
        GuardedProgram.clearRegisters(to.code);
        new GuardedProgram(program, Place.CHOICE, to.code, next) {
            @Override
            protected void emitReturn(int verdict) {
                to.code.jump(verdict == 0 ? next : accepted);
            }

            @Override
            protected void emitReturnA() {
                to.code.jumpIf(JumpCondition.JEQ, 0, next, accepted);
            }
        }.emit();
        to.code.place(next);
    }

    /**
     * {@return this steering, with one slot for all that it does not decide, instead of a hash}
     *
     * @param slot the slot, from 0; if a group has no such slot, its slot modulo the number of slots
     * @throws IllegalArgumentException if the slot is negative
     */
    public Steering otherwise(int slot) {
        if (slot < 0 || slot >= MAX_SLOTS) {
            throw new IllegalArgumentException("slot " + slot + " (expected: 0.." + (MAX_SLOTS - 1) + ")");
        }
        return new Steering(name + ", otherwise slot " + slot, emitter, slot);
    }

    /**
     * {@return the steering for a number of slots}
     *
     * @param slots the number, 1..{@value #MAX_SLOTS}
     * @throws IllegalArgumentException if there are not so many, or the program becomes longer than the kernel takes
     */
    public SlotFunction toSlots(int slots) {
        if (slots < 1 || slots > MAX_SLOTS) {
            throw new IllegalArgumentException("slots " + slots + " (expected: 1.." + MAX_SLOTS + ")");
        }
        return new SlotFunction(this, slots);
    }

    /** {@return the program whose verdict is what the slot has in the array} */
    Program program(int[] verdicts) {
        int slot = fallback < 0 ? BY_HASH : fallback % verdicts.length;
        return SteeringCode.assemble(emitter, slot, verdicts);
    }

    /** {@return what the steering goes by, for a log} */
    @Override
    public String toString() {
        return name;
    }
}
