package io.github.nettybpf.netty;

import io.github.nettybpf.core.AluOp;
import io.github.nettybpf.core.Extension;
import io.github.nettybpf.core.Instruction;
import io.github.nettybpf.core.Instruction.AluConstant;
import io.github.nettybpf.core.Instruction.JumpIf;
import io.github.nettybpf.core.Instruction.LoadConstant;
import io.github.nettybpf.core.Instruction.LoadExtension;
import io.github.nettybpf.core.Instruction.ReturnConstant;
import io.github.nettybpf.core.JumpCondition;
import io.github.nettybpf.core.Placement;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.core.Register;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The VLAN (IEEE 802.1Q) whose frames a program is for, on a packet socket. The kernel removes the outermost VLAN tag
 * from the bytes of a received frame, so the ethertype at offset 12 is the one after the tag: without this test, a
 * program on the interface eth0 accepts the frames of every VLAN on that cable as if they had no tag.
 *
 * <pre>{@code
 * Program arp = Program.parse("ldh [12]\n jne #0x806, no\n ret #-1\n no: ret #0");
 * pipeline.addLast(new BpfFilterHandler(Vlan.untagged().restrict(arp)));
 * }</pre>
 *
 * <p>Immutable.
 */
public final class Vlan {
    private static final int LONGEST_ID = 0xfff;

    /** The ethertypes of VLAN tags: 802.1Q, 802.1ad, and QinQ before that was standardized. */
    private static final List<Integer> TAGS = List.of(0x8100, 0x88a8, 0x9100);

    private static final Vlan UNTAGGED = new Vlan(0);
    private static final Vlan ANY = new Vlan(-1);

    /** The VLAN identifier (VID), 0 for frames without one, or -1 if it does not matter. */
    private final int id;

    private Vlan(int id) {
        this.id = id;
    }

    /**
     * {@return the frames that belong to no VLAN} They have no tag, or one with VLAN identifier 0, which only has a
     * priority and which the kernel has removed. A frame that still has a tag in its bytes, as a second tag or as one of
     * this host's own, is not of them.
     */
    public static Vlan untagged() {
        return UNTAGGED;
    }

    /** {@return all frames, whether they have a tag or not} */
    public static Vlan any() {
        return ANY;
    }

    /**
     * {@return the frames of one VLAN} They have the identifier in their outermost tag, which the kernel has removed from
     * the bytes. A tag that is in the bytes of a frame of this host's own does not count: a program would not find the
     * headers after it.
     *
     * @param id the VLAN identifier (VID), 1..4094
     */
    public static Vlan of(int id) {
        if (id < 1 || id >= LONGEST_ID) {
            throw new IllegalArgumentException("vlan " + id + " (expected: 1..4094)");
        }
        return new Vlan(id);
    }

    /**
     * {@return what a text means, as of a command line}
     *
     * @param text {@code untagged}, {@code any}, or a VLAN identifier with or without {@code vlan} before it, as
     *     {@link #toString} gives them
     * @throws IllegalArgumentException if it is none of these
     */
    public static Vlan parse(String text) {
        if (text.equals(UNTAGGED.toString())) {
            return UNTAGGED;
        } else if (text.equals(ANY.toString())) {
            return ANY;
        }
        String number = text.startsWith("vlan ") ? text.substring("vlan ".length()) : text;
        try {
            return of(Integer.parseInt(number));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("vlan '" + text + "' (expected: untagged, any, or 1..4094)", e);
        }
    }

    /**
     * {@return a program that gives the verdict of another one for frames of this VLAN, and drops all others} It has the
     * same placement, and up to eight instructions more.
     *
     * @param program a program for a packet socket, with or without the link-layer header
     * @throws IllegalArgumentException if the program is for another kind of socket, or becomes too long
     */
    public Program restrict(Program program) {
        Placement placement = program.placement().orElse(null);
        if (placement != null && placement != Placement.ETHERNET && placement != Placement.IP) {
            throw new IllegalArgumentException(
                    this + ": the program is for placement " + placement + " (expected: ETHERNET or IP)");
        }
        if (equals(ANY)) {
            return program;
        }
        List<Instruction> restricted = new ArrayList<>(id == 0 ? noTag() : thisTag());
        Instruction first = program.instructions().get(0);
        if (first.reads().contains(Register.A) || !first.writes().contains(Register.A)) {
            // A program begins with A = 0.
            restricted.add(new LoadConstant(Register.A, 0));
        }
        restricted.addAll(program.instructions());
        Program result = Program.of(restricted);
        return placement == null ? result : result.at(placement);
    }

    private static List<Instruction> noTag() {
        List<Instruction> test = new ArrayList<>();
        int end = TAGS.size() + 3;
        test.add(new LoadExtension(Extension.VLAN_TCI));
        test.add(new JumpIf(JumpCondition.JSET, LONGEST_ID, end - 2, 0));
        test.add(new LoadExtension(Extension.PROTO));
        for (int tag : TAGS) {
            int toDrop = end - test.size() - 1;
            test.add(new JumpIf(JumpCondition.JEQ, tag, toDrop, toDrop == 0 ? 1 : 0));
        }
        test.add(new ReturnConstant(0));
        return test;
    }

    private List<Instruction> thisTag() {
        return List.of(
                new LoadExtension(Extension.VLAN_TCI),
                new AluConstant(AluOp.AND, LONGEST_ID),
                new JumpIf(JumpCondition.JEQ, id, 1, 0),
                new ReturnConstant(0));
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Vlan vlan && vlan.id == id;
    }

    @Override
    public int hashCode() {
        return id;
    }

    /** {@return {@code untagged}, {@code any}, or {@code vlan} with the identifier} */
    @Override
    public String toString() {
        return id == 0 ? "untagged" : id < 0 ? "any" : "vlan " + id;
    }
}
