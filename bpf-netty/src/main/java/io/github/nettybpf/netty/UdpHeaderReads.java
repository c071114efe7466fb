package io.github.nettybpf.netty;

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
import io.github.nettybpf.core.Instruction.NegateA;
import io.github.nettybpf.core.Instruction.ReturnA;
import io.github.nettybpf.core.Instruction.ReturnConstant;
import io.github.nettybpf.core.Instruction.StoreScratch;
import io.github.nettybpf.core.Instruction.Tax;
import io.github.nettybpf.core.Instruction.Txa;
import io.github.nettybpf.core.JumpCondition;
import io.github.nettybpf.core.OffsetBase;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.core.Register;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Which bytes of the IP header a program reads at fixed places, on IPv4 and on IPv6: one forward pass that follows the
 * test of the version which tells the two apart. Indirect loads are left to {@link UdpPacket}, which notices them.
 */
final class UdpHeaderReads {
    private static final int NETWORK = OffsetBase.SKF_NET_OFF;
    private static final int LINK_LAYER = OffsetBase.SKF_LL_OFF;
    private static final int CHECKSUM = 6;
    private static final int IPV4 = 1;
    private static final int IPV6 = 2;

    /** What A holds, as far as it tells the version of the IP header. */
    private enum Holds {
        SOMETHING,
        FIRST_BYTE,
        VERSION_IN_HIGH_BITS,
        VERSION,
        ETHERTYPE
    }

    private final Program program;
    private final int[] families;
    private final @Nullable Holds[] holds;
    private @Nullable String unsupported;
    private boolean readsDestination;
    private boolean readsChecksum;

    UdpHeaderReads(Program program) {
        this.program = program;
        families = new int[program.size()];
        holds = new Holds[program.size()];
        families[0] = IPV4 | IPV6;
        holds[0] = Holds.SOMETHING;
        for (int pc = 0; pc < families.length; pc++) {
            if (families[pc] != 0) {
                step(pc, program.instructions().get(pc));
            }
        }
    }

    /**
     * {@return what is read of the headers and not known in a pipeline, naming the instruction, or empty if nothing is}
     */
    Optional<String> unsupported() {
        return Optional.ofNullable(unsupported);
    }

    /**
     * {@return whether the address that the datagram was sent to is read} A socket that is bound to the wildcard does
     * not know it.
     */
    boolean readsDestination() {
        return readsDestination;
    }

    /** {@return whether the UDP checksum may be read} A pipeline shows it as 0. */
    boolean readsChecksum() {
        return readsChecksum;
    }

    private void step(int pc, Instruction instruction) {
        Holds a = holds[pc] == null ? Holds.SOMETHING : holds[pc];
        if (a == Holds.FIRST_BYTE && looksAtLowBits(instruction)) {
            unsupported(pc, "the header length of an IPv4 or the traffic class of an IPv6 header");
        }
        if (instruction instanceof LoadAbsolute load) {
            check(pc, load.off(), load.size());
            flow(pc + 1, families[pc], load.off() == NETWORK && load.size() == 1 ? Holds.FIRST_BYTE : Holds.SOMETHING);
        } else if (instruction instanceof LoadMemShift load) {
            check(pc, load.off(), 1);
            if (load.off() == NETWORK) {
                unsupported(pc, "the header length of an IPv4 header");
            }
            flow(pc + 1, families[pc], a);
        } else if (instruction instanceof LoadIndirect load) {
            readsChecksum |= load.off() >= 0 && load.off() < UdpPacket.HEADER;
            flow(pc + 1, families[pc], Holds.SOMETHING);
        } else if (instruction instanceof LoadExtension load) {
            Holds loaded = load.num() == Extension.PROTO ? Holds.ETHERTYPE : Holds.SOMETHING;
            flow(pc + 1, families[pc], load.dst() == Register.A ? loaded : a);
        } else if (instruction instanceof AluConstant alu) {
            flow(pc + 1, families[pc], computed(a, alu));
        } else if (instruction instanceof Jump jump) {
            flow(pc + 1 + jump.skip(), families[pc], a);
        } else if (instruction instanceof JumpIf jump) {
            int family = jump.cond() == JumpCondition.JEQ ? family(a, jump.val()) : 0;
            int isIt = family == 0 ? families[pc] : families[pc] & family;
            flow(pc + 1 + jump.skipTrue(), isIt, a);
            flow(pc + 1 + jump.skipFalse(), families[pc] & ~family, a);
        } else if (instruction instanceof JumpIfX jump) {
            flow(pc + 1 + jump.skipTrue(), families[pc], a);
            flow(pc + 1 + jump.skipFalse(), families[pc], a);
        } else if (!(instruction instanceof ReturnA || instruction instanceof ReturnConstant)) {
            flow(pc + 1, families[pc], changesA(instruction) ? Holds.SOMETHING : a);
        }
    }

    /** Of the first byte only the high four bits are known: whatever uses it must take those alone. */
    private static boolean looksAtLowBits(Instruction instruction) {
        if (instruction instanceof AluConstant alu) {
            boolean cutsOff = alu.op() == AluOp.AND && (alu.val() & 0x0f) == 0;
            boolean shiftsOut = alu.op() == AluOp.RSH && alu.val() >= 4;
            return !cutsOff && !shiftsOut;
        } else if (instruction instanceof JumpIf jump) {
            boolean comparesHighBits =
                    (jump.cond() == JumpCondition.JGE || jump.cond() == JumpCondition.JSET) && (jump.val() & 0x0f) == 0;
            return !comparesHighBits;
        }
        return instruction instanceof AluX
                || instruction instanceof JumpIfX
                || instruction instanceof NegateA
                || instruction instanceof ReturnA
                || instruction instanceof Tax
                || (instruction instanceof LoadExtension load && load.num() == Extension.XOR_X)
                || (instruction instanceof StoreScratch store && store.src() == Register.A);
    }

    private static boolean changesA(Instruction instruction) {
        return instruction instanceof AluX
                || instruction instanceof NegateA
                || instruction instanceof Txa
                || (instruction instanceof LoadConstant load && load.dst() == Register.A)
                || (instruction instanceof LoadScratch scratch && scratch.dst() == Register.A);
    }

    private static Holds computed(Holds a, AluConstant alu) {
        if (alu.op() == AluOp.AND && alu.val() == 0xf0 && a == Holds.FIRST_BYTE) {
            return Holds.VERSION_IN_HIGH_BITS;
        } else if (alu.op() == AluOp.RSH
                && alu.val() == 4
                && (a == Holds.FIRST_BYTE || a == Holds.VERSION_IN_HIGH_BITS)) {
            return Holds.VERSION;
        }
        return Holds.SOMETHING;
    }

    /** {@return the family that A == value tells, or 0 if it tells none} */
    private static int family(Holds a, int value) {
        return switch (a) {
            case SOMETHING, FIRST_BYTE -> 0;
            case VERSION_IN_HIGH_BITS -> value == 0x40 ? IPV4 : value == 0x60 ? IPV6 : 0;
            case VERSION -> value == 4 ? IPV4 : value == 6 ? IPV6 : 0;
            case ETHERTYPE -> value == UdpPacket.IPV4 ? IPV4 : value == UdpPacket.IPV6 ? IPV6 : 0;
        };
    }

    private void flow(int pc, int family, Holds a) {
        if (family != 0) {
            boolean firstByte = a == Holds.FIRST_BYTE || holds[pc] == Holds.FIRST_BYTE;
            boolean agreed = families[pc] == 0 || holds[pc] == a;
            holds[pc] = agreed ? a : firstByte ? Holds.FIRST_BYTE : Holds.SOMETHING;
            families[pc] |= family;
        }
    }

    private void check(int pc, int offset, int size) {
        if (offset >= 0 || offset < LINK_LAYER) {
            readsChecksum |= offset >= 0 && offset < UdpPacket.HEADER && offset + size > CHECKSUM;
            return;
        }
        if (offset < NETWORK) {
            unsupported(pc, "the link-layer header");
            return;
        }
        for (int at = offset - NETWORK; at < offset - NETWORK + size; at++) {
            if ((families[pc] & IPV4) != 0) {
                checkIpv4(pc, at);
            }
            if ((families[pc] & IPV6) != 0) {
                checkIpv6(pc, at);
            }
        }
    }

    private void checkIpv4(int pc, int at) {
        switch (at) {
            case 1 -> unsupported(pc, "the type of service of an IPv4 header");
            case 2, 3 -> unsupported(pc, "the total length of an IPv4 header");
            case 4, 5 -> unsupported(pc, "the identification of an IPv4 header");
            case 6, 7 -> unsupported(pc, "the fragment offset of an IPv4 header");
            case 8 -> unsupported(pc, "the TTL of an IPv4 header");
            case 10, 11 -> unsupported(pc, "the checksum of an IPv4 header");
            case 16, 17, 18, 19 -> readsDestination = true;
            default -> {
                if (at >= 20) {
                    unsupported(pc, "what follows the fixed part of an IPv4 header");
                }
            }
        }
    }

    private void checkIpv6(int pc, int at) {
        if (at >= 1 && at <= 3) {
            unsupported(pc, "the flow label of an IPv6 header");
        } else if (at >= 4 && at <= 6) {
            unsupported(pc, "the payload length and next header of an IPv6 header");
        } else if (at == 7) {
            unsupported(pc, "the hop limit of an IPv6 header");
        } else if (at >= 40) {
            unsupported(pc, "what follows the fixed part of an IPv6 header");
        } else if (at >= 24) {
            readsDestination = true;
        }
    }

    private void unsupported(int pc, String what) {
        if (unsupported == null) {
            unsupported = PipelineSupport.at(program, pc) + "a pipeline does not know " + what
                    + " (expected: version and addresses, after a test of the version; or"
                    + " Offload.REQUIRED)";
        }
    }
}
