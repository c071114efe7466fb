package io.github.nettybpf.netty.listener;

import io.github.nettybpf.core.AluOp;
import io.github.nettybpf.core.Extension;
import io.github.nettybpf.core.Filter;
import io.github.nettybpf.core.Instruction.AluConstant;
import io.github.nettybpf.core.Instruction.LoadAbsolute;
import io.github.nettybpf.core.Instruction.ReturnConstant;
import io.github.nettybpf.core.JumpCondition;
import io.github.nettybpf.core.Packet;
import io.github.nettybpf.core.Placement;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.netty.code.GuardedProgram;
import io.github.nettybpf.netty.code.GuardedProgram.Place;
import io.github.nettybpf.netty.code.LabeledCode;
import io.github.nettybpf.netty.code.LabeledCode.Label;
import io.github.nettybpf.netty.headers.UdpHeaderReads;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/**
 * The two forms of a user's program that accepts unwanted SYNs: the program for the kernel, which drops these, and the
 * question whether an accepted connection had begun with one. Immutable.
 */
final class SynFilter {
    private static final int FLAGS = 13;
    private static final int SYN = 0x02;
    private static final int ACK = 0x10;
    private static final int PORTS = 4;
    private static final int ALL = -1;

    /** What is known of a SYN whose connection has been accepted, or does not depend on it. */
    private static final Set<Extension> KNOWN = EnumSet.of(Extension.PROTO, Extension.XOR_X, Extension.RAND);

    private final Program unwanted;
    private final Filter filter;
    private final Program kernel;

    /**
     * Makes both forms.
     *
     * @param unwanted accepts what is to be dropped
     * @throws IllegalArgumentException if it is for another placement, or reads what a TCP socket does not know
     */
    SynFilter(Program unwanted) {
        Place.TCP_SOCKET.require(unwanted);
        this.unwanted = unwanted;
        this.filter = Filter.of(unwanted);
        this.kernel = kernel(unwanted);
    }

    /**
     * {@return the program for the kernel} What the user's program fails to load is not accepted by it, and so must pass:
     * verdict 0 drops here.
     */
    private static Program kernel(Program unwanted) {
        LabeledCode code = new LabeledCode();
        Label pass = new Label();
        Label drop = new Label();
        code.add(new LoadAbsolute(FLAGS, 1));
        code.add(new AluConstant(AluOp.AND, SYN | ACK));
        code.jumpUnless(JumpCondition.JEQ, SYN, pass);
        GuardedProgram.clearRegisters(code);
        new GuardedProgram(unwanted, Place.TCP_SOCKET, code, pass) {
            @Override
            protected void emitReturn(int verdict) {
                code.jump(verdict == 0 ? pass : drop);
            }

            @Override
            protected void emitReturnA() {
                code.jumpIf(JumpCondition.JEQ, 0, pass, drop);
            }
        }.emit();
        code.place(pass);
        code.add(new ReturnConstant(ALL));
        code.place(drop);
        code.add(new ReturnConstant(0));
        return code.program().at(Placement.TCP_SOCKET);
    }

    Program kernel() {
        return kernel;
    }

    /**
     * {@return why nobody can say of an accepted connection whether the program accepts its SYN, naming the instruction, or
     * empty if its addresses and ports tell}
     */
    Optional<String> whyUnknownAfterAccept() {
        for (int pc = 0; pc < unwanted.size(); pc++) {
            if (unwanted.offsets(pc)
                    .filter(range -> range.touches(PORTS, Integer.MAX_VALUE))
                    .isPresent()) {
                return Optional.of(refusal(pc, "an accepted connection has no TCP header but for its ports"));
            }
        }
        for (Extension extension : unwanted.extensions()) {
            if (!KNOWN.contains(extension)) {
                return unwanted.firstReading(extension).stream()
                        .mapToObj(pc -> refusal(pc, "an accepted connection does not know it of its SYN"))
                        .findFirst();
            }
        }
        return new UdpHeaderReads(unwanted).unsupported();
    }

    private String refusal(int pc, String why) {
        return "insn " + pc + ": " + unwanted.instructions().get(pc) + ": " + why
                + " (expected: addresses and ports; or Offload.REQUIRED)";
    }

    /**
     * {@return whether the program accepts the SYN of a connection} Only if {@link #whyUnknownAfterAccept} is empty.
     *
     * @param remote the client
     * @param local the address that it has connected to
     */
    boolean isUnwanted(InetSocketAddress remote, InetSocketAddress local) {
        return filter.run(new Syn(remote, local)) != 0;
    }

    /** A SYN, of which the addresses and ports are known. */
    private static final class Syn implements Packet {
        private static final int TCP_HEADER = 20;
        private static final int TCP = 6;

        private final int ports;
        private final int etherType;
        private final Packet network;

        Syn(InetSocketAddress remote, InetSocketAddress local) {
            ports = remote.getPort() << 16 | local.getPort();
            byte[] source = address(remote);
            byte[] destination = address(local);
            boolean ipv4 = source.length == 4;
            etherType = ipv4 ? UdpHeaderReads.IPV4 : UdpHeaderReads.IPV6;
            ByteBuffer ip = ByteBuffer.allocate(ipv4 ? 20 : 40);
            ip.put(0, (byte) (ipv4 ? 0x45 : 0x60)).put(ipv4 ? 9 : 6, (byte) TCP);
            ip.position(ip.capacity() - source.length - destination.length);
            network = Packet.of(ip.put(source).put(destination).array());
        }

        /** The address of a segment: where a socket has a v4-mapped one, that is an IPv4 address. */
        private static byte[] address(InetSocketAddress of) {
            try {
                return InetAddress.getByAddress(of.getAddress().getAddress()).getAddress();
            } catch (UnknownHostException e) {
                throw new AssertionError(e); // has been an address
            }
        }

        @Override
        public int length() {
            return TCP_HEADER;
        }

        @Override
        public int u8(int offset) {
            return offset < PORTS ? ports >>> (24 - 8 * offset) & 0xff : 0;
        }

        @Override
        public int u16(int offset) {
            return u8(offset) << 8 | u8(offset + 1);
        }

        @Override
        public int u32(int offset) {
            return u16(offset) << 16 | u16(offset + 2);
        }

        @Override
        public Packet network() {
            return network;
        }

        @Override
        public long extension(Extension extension, int a, int x) {
            return extension == Extension.PROTO ? etherType : Packet.super.extension(extension, a, x);
        }
    }
}
