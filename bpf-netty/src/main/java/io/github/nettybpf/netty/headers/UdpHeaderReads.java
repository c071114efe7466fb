package io.github.nettybpf.netty.headers;

import io.github.nettybpf.core.Extension;
import io.github.nettybpf.core.Instruction;
import io.github.nettybpf.core.Instruction.AluConstant;
import io.github.nettybpf.core.Instruction.AluX;
import io.github.nettybpf.core.Instruction.ConditionalJump;
import io.github.nettybpf.core.Instruction.Jump;
import io.github.nettybpf.core.Instruction.JumpIf;
import io.github.nettybpf.core.Instruction.LoadAbsolute;
import io.github.nettybpf.core.Instruction.LoadConstant;
import io.github.nettybpf.core.Instruction.LoadExtension;
import io.github.nettybpf.core.Instruction.LoadIndirect;
import io.github.nettybpf.core.Instruction.LoadMemShift;
import io.github.nettybpf.core.Instruction.LoadScratch;
import io.github.nettybpf.core.Instruction.NegateA;
import io.github.nettybpf.core.Instruction.Return;
import io.github.nettybpf.core.Instruction.ReturnA;
import io.github.nettybpf.core.Instruction.StoreScratch;
import io.github.nettybpf.core.Instruction.Tax;
import io.github.nettybpf.core.Instruction.Txa;
import io.github.nettybpf.core.OffsetBase;
import io.github.nettybpf.core.OffsetRange;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.core.Register;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * Which bytes of the UDP and IP headers a program reads, and whether its verdict depends on any that a pipeline does not
 * know: a data flow analysis in one forward pass.
 *
 * <p>Of the first byte of the IP header a pipeline knows the version and not the rest, the header length of IPv4 or half of
 * the traffic class of IPv6. So the analysis follows what the program computes from this byte for all its values at once
 * ({@link FirstByteValue}): a program is supported if it does the same for all that have the same version. Indirect loads
 * whose offset is not known are left to the view of the packet, which notices at run time what they read.
 */
public final class UdpHeaderReads {
    /** The ethertype of IPv4. */
    public static final int IPV4 = 0x0800;

    /** The ethertype of IPv6. */
    public static final int IPV6 = 0x86dd;

    /** The length of a UDP header. */
    public static final int UDP_HEADER = 8;

    private static final int NETWORK = OffsetBase.SKF_NET_OFF;
    private static final int A = Program.SCRATCH_SLOTS;
    private static final int X = A + 1;
    private static final int LENGTH = 4;
    private static final int CHECKSUM = 6;
    private static final String FIRST_BYTE = "the header length of an IPv4 or the traffic class of an IPv6 header";

    /** What holds when an instruction is reached: the versions that are possible, and the values of M[], A and X. */
    private static final class State {
        final int versions;
        final FirstByteValue[] values;

        State(int versions, FirstByteValue[] values) {
            this.versions = versions;
            this.values = values;
        }

        FirstByteValue a() {
            return values[A];
        }

        FirstByteValue x() {
            return values[X];
        }

        State with(int slot, FirstByteValue value) {
            FirstByteValue[] changed = values.clone();
            changed[slot] = value;
            return new State(versions, changed);
        }

        State only(int some) {
            return new State(versions & some, values);
        }

        State join(State other) {
            FirstByteValue[] joined = new FirstByteValue[values.length];
            for (int i = 0; i < joined.length; i++) {
                joined[i] = values[i].join(versions, other.values[i], other.versions);
            }
            return new State(versions | other.versions, joined);
        }
    }

    private final Program program;
    private final @Nullable State[] states;
    private @Nullable String unsupported;
    private boolean readsDestination;
    private boolean readsLength;
    private boolean readsChecksum;
    private boolean readsFirstByte;
    private boolean readsAnywhere;
    private int unresolvedFirstByte = -1;

    public UdpHeaderReads(Program program) {
        this.program = program;
        if (!readsIpHeader() && !program.offsetBases().contains(OffsetBase.LINK_LAYER)) {
            states = new State[0];
            for (int pc = 0; pc < program.size(); pc++) {
                program.offsets(pc).ifPresent(this::readUdpHeader);
            }
            return;
        }
        states = new State[program.size()];
        FirstByteValue[] start = new FirstByteValue[X + 1];
        Arrays.fill(start, FirstByteValue.constant(0));
        states[0] = new State(FirstByteValue.ALL, start);
        for (int pc = 0; pc < states.length; pc++) {
            State state = states[pc];
            if (state != null && state.versions != 0) {
                step(pc, program.instructions().get(pc), state);
                states[pc] = null;
            }
        }
        if (readsFirstByte && unresolvedFirstByte >= 0) {
            refuse(unresolvedFirstByte, FIRST_BYTE);
        }
    }

    /** {@return what the verdict depends on and a pipeline does not know, naming the instruction, or empty if nothing} */
    public Optional<String> unsupported() {
        return Optional.ofNullable(unsupported);
    }

    /** {@return whether the address that the datagram was sent to is read, which a wildcard socket does not know} */
    public boolean readsDestination() {
        return readsDestination;
    }

    /** {@return whether anything of the IP header may be read} */
    public boolean readsIpHeader() {
        return program.offsetBases().contains(OffsetBase.NETWORK)
                || program.extensions().contains(Extension.PROTO);
    }

    /** {@return whether the UDP length may be read} Of IPv6 it is not known: a jumbogram has 0 there. */
    public boolean readsLength() {
        return readsLength;
    }

    /** {@return whether the UDP checksum may be read} A pipeline shows it as 0. */
    public boolean readsChecksum() {
        return readsChecksum;
    }

    /** {@return whether a packet decides which byte of the IP header is read, so that it may be one that is not known} */
    public boolean readsAnywhere() {
        return readsAnywhere;
    }

    /** {@return whether the first byte of the IP header is read for its version} Otherwise nothing of it may be shown. */
    public boolean readsVersion() {
        return readsFirstByte;
    }

    private void step(int pc, Instruction instruction, State in) {
        if (instruction instanceof LoadConstant load) {
            flow(pc + 1, in.with(slot(load.dst()), FirstByteValue.constant(load.val())));
        } else if (instruction instanceof LoadScratch load) {
            flow(pc + 1, in.with(slot(load.dst()), in.values[load.n()]));
        } else if (instruction instanceof StoreScratch store) {
            flow(pc + 1, in.with(store.n(), in.values[slot(store.src())]));
        } else if (instruction instanceof LoadAbsolute load) {
            flow(pc + 1, in.with(A, load(pc, in.versions, load.off(), load.size())));
        } else if (instruction instanceof LoadIndirect load) {
            flow(pc + 1, in.with(A, loadIndirect(pc, in, load)));
        } else if (instruction instanceof LoadMemShift load) {
            FirstByteValue loaded = load(pc, in.versions, load.off(), 1);
            flow(pc + 1, in.with(X, loaded.map(value -> 4 * (value & 0x0f))));
        } else if (instruction instanceof LoadExtension load) {
            flow(pc + 1, in.with(slot(load.dst()), extension(load.num(), in)));
        } else if (instruction instanceof AluConstant alu) {
            FirstByteValue operand = FirstByteValue.constant(alu.val());
            flow(pc + 1, in.with(A, in.a().combine(operand, in.versions, alu.op()::apply)));
        } else if (instruction instanceof AluX alu) {
            aluX(pc, alu, in);
        } else if (instruction instanceof NegateA) {
            flow(pc + 1, in.with(A, in.a().map(value -> -value)));
        } else if (instruction instanceof Tax) {
            flow(pc + 1, in.with(X, in.a()));
        } else if (instruction instanceof Txa) {
            flow(pc + 1, in.with(A, in.x()));
        } else if (instruction instanceof Jump) {
            flow(instruction.successors(pc).get(0), in);
        } else if (instruction instanceof ConditionalJump jump) {
            jump(pc, jump, in);
        } else if (instruction instanceof Return) {
            if (instruction instanceof ReturnA && in.a().varies(in.versions)) {
                refuse(pc, FIRST_BYTE);
            }
        } else {
            throw new AssertionError(instruction);
        }
    }

    private static int slot(Register register) {
        return register == Register.A ? A : X;
    }

    private void flow(int pc, State state) {
        if (state.versions != 0) {
            State known = states[pc];
            states[pc] = known == null ? state : known.join(state);
        }
    }

    private FirstByteValue extension(Extension extension, State in) {
        return switch (extension) {
            case PROTO -> FirstByteValue.ofVersions(IPV4, IPV6);
            case XOR_X -> in.a().combine(in.x(), in.versions, (a, x) -> a ^ x);
            default -> FirstByteValue.UNRELATED;
        };
    }

    private void aluX(int pc, AluX alu, State in) {
        boolean divides =
                switch (alu.op()) {
                    case DIV, MOD -> true;
                    default -> false;
                };
        State going = in;
        if (divides) {
            if (in.x().varies(in.versions)) {
                refuse(pc, FIRST_BYTE);
                return;
            }
            for (int version : FirstByteValue.VERSIONS) {
                OptionalInt divisor = in.x().in(version);
                if (divisor.isPresent() && divisor.getAsInt() == 0) {
                    going = going.only(~version); // ends the program with verdict 0
                }
            }
        }
        flow(pc + 1, going.with(A, in.a().combine(in.x(), going.versions, alu.op()::apply)));
    }

    private void jump(int pc, ConditionalJump jump, State in) {
        FirstByteValue operand = jump instanceof JumpIf constant ? FirstByteValue.constant(constant.val()) : in.x();
        FirstByteValue holds =
                in.a().combine(operand, in.versions, (a, b) -> jump.cond().holds(a, b) ? 1 : 0);
        if (holds.varies(in.versions)) {
            refuse(pc, FIRST_BYTE);
        }
        int taken = in.versions;
        int notTaken = in.versions;
        for (int version : FirstByteValue.VERSIONS) {
            OptionalInt outcome = holds.in(version);
            if (outcome.isPresent()) {
                taken &= outcome.getAsInt() == 1 ? -1 : ~version;
                notTaken &= outcome.getAsInt() == 0 ? -1 : ~version;
            }
        }
        flow(jump.trueTarget(pc), in.only(taken));
        flow(jump.falseTarget(pc), in.only(notTaken));
    }

    private FirstByteValue loadIndirect(int pc, State in, LoadIndirect load) {
        if (in.x().varies(in.versions)) {
            refuse(pc, FIRST_BYTE);
            return FirstByteValue.UNRELATED;
        }
        OptionalInt x = in.x().inAll(in.versions);
        if (x.isPresent()) {
            return load(pc, in.versions, x.getAsInt() + load.off(), load.size());
        }
        program.offsets(pc).ifPresent(offsets -> {
            readUdpHeader(offsets);
            readsAnywhere |= offsets.touches(NETWORK, -NETWORK);
            if (offsets.touches(NETWORK, 1) && unresolvedFirstByte < 0) {
                unresolvedFirstByte = pc;
            }
        });
        return FirstByteValue.UNRELATED;
    }

    private void readUdpHeader(OffsetRange offsets) {
        readsLength |= offsets.touches(LENGTH, 2);
        readsChecksum |= offsets.touches(CHECKSUM, 2);
    }

    private FirstByteValue load(int pc, int versions, int offset, int size) {
        if (offset >= 0) {
            readsLength |= offset < CHECKSUM && offset + size > LENGTH;
            readsChecksum |= offset < UDP_HEADER && offset + size > CHECKSUM;
            return FirstByteValue.UNRELATED;
        } else if (offset < OffsetBase.SKF_LL_OFF) {
            return FirstByteValue.UNRELATED; // ends the program with verdict 0
        } else if (offset < NETWORK) {
            refuse(pc, "the link-layer header");
            return FirstByteValue.UNRELATED;
        }
        for (int at = offset - NETWORK; at < offset - NETWORK + size; at++) {
            if ((versions & FirstByteValue.IPV4) != 0) {
                checkIpv4(pc, at);
            }
            if ((versions & FirstByteValue.IPV6) != 0) {
                checkIpv6(pc, at);
            }
        }
        if (offset == NETWORK && size == 1) {
            readsFirstByte = true;
            return FirstByteValue.FIRST_BYTE;
        }
        return FirstByteValue.UNRELATED;
    }

    private void checkIpv4(int pc, int at) {
        switch (at) {
            case 1 -> refuse(pc, "the type of service of an IPv4 header");
            case 2, 3 -> refuse(pc, "the total length of an IPv4 header");
            case 4, 5 -> refuse(pc, "the identification of an IPv4 header");
            case 6, 7 -> refuse(pc, "the fragment offset of an IPv4 header");
            case 8 -> refuse(pc, "the TTL of an IPv4 header");
            case 10, 11 -> refuse(pc, "the checksum of an IPv4 header");
            case 16, 17, 18, 19 -> readsDestination = true;
            default -> {
                if (at >= 20) {
                    refuse(pc, "what follows the fixed part of an IPv4 header");
                }
            }
        }
    }

    private void checkIpv6(int pc, int at) {
        if (at >= 1 && at <= 3) {
            refuse(pc, "the flow label of an IPv6 header");
        } else if (at >= 4 && at <= 6) {
            refuse(pc, "the payload length and next header of an IPv6 header");
        } else if (at == 7) {
            refuse(pc, "the hop limit of an IPv6 header");
        } else if (at >= 40) {
            refuse(pc, "what follows the fixed part of an IPv6 header");
        } else if (at >= 24) {
            readsDestination = true;
        }
    }

    private void refuse(int pc, String what) {
        if (unsupported == null) {
            unsupported = "insn " + pc + ": " + program.instructions().get(pc) + ": a pipeline does not know " + what
                    + " (expected: version and addresses, after a test of the version; or"
                    + " Offload.REQUIRED)";
        }
    }
}
