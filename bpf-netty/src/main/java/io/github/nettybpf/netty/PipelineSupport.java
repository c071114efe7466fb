package io.github.nettybpf.netty;

import io.github.nettybpf.core.Extension;
import io.github.nettybpf.core.OffsetBase;
import io.github.nettybpf.core.Placement;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.netty.headers.UdpHeaderReads;
import io.netty.channel.Channel;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a pipeline knows of a packet, by placement and channel, and so which programs can run there. A program that asks
 * for more is refused before it sees a packet: a made-up answer would be a verdict that the kernel does not give.
 */
public final class PipelineSupport {
    /**
     * What the messages of a packet socket tell beside their bytes ({@code struct sockaddr_ll} and the tag in
     * {@code struct tpacket3_hdr}: packet(7)).
     */
    private static final Set<Extension> OF_PACKET_SOCKETS = Collections.unmodifiableSet(EnumSet.of(
            Extension.PROTO,
            Extension.TYPE,
            Extension.IFIDX,
            Extension.HATYPE,
            Extension.VLAN_TCI,
            Extension.VLAN_AVAIL,
            Extension.VLAN_TPID));

    private PipelineSupport() {}

    /**
     * {@return the extensions that a message of a packet socket answers: the protocol, type, interface, hardware type
     * and VLAN tag of the packet}
     */
    public static Set<Extension> packetSocketExtensions() {
        return OF_PACKET_SOCKETS;
    }

    /** {@return what a channel's messages answer beside what those of any channel do} */
    static Set<Extension> knownExtensions(Channel channel) {
        return channel instanceof FilteredChannel filtered ? filtered.knownExtensions() : Set.of();
    }

    /**
     * {@return why no pipeline can run the program, naming the instruction, or empty if one can} For
     * {@link Placement#ETHERNET} and {@link Placement#IP} that is the pipeline of a packet channel, which knows most.
     *
     * @param program the program
     * @param placement what the program's offset 0 is
     */
    public static Optional<String> whyNot(Program program, Placement placement) {
        boolean link = placement == Placement.ETHERNET || placement == Placement.IP;
        return whyNot(program, placement, link ? OF_PACKET_SOCKETS : Set.of());
    }

    /**
     * {@return why a pipeline cannot run the program, naming the instruction, or empty if it can}
     *
     * @param program the program
     * @param placement what the program's offset 0 is
     * @param ofChannel the extensions that the channel's messages answer: see {@link FilteredChannel#knownExtensions};
     *     none on Netty's own channels
     */
    public static Optional<String> whyNot(Program program, Placement placement, Set<Extension> ofChannel) {
        if (placement == Placement.TCP_SOCKET) {
            return Optional.of("placement TCP_SOCKET: a pipeline has no TCP header (expected: Offload.REQUIRED)");
        }
        Set<Extension> known = knownExtensions(placement, ofChannel);
        for (Extension extension : program.extensions()) {
            OptionalInt pc = program.firstReading(extension);
            if (!known.contains(extension) && pc.isPresent()) {
                return Optional.of(at(program, pc.getAsInt()) + "a pipeline does not know it (expected: " + names(known)
                        + "; or Offload.REQUIRED)");
            }
        }
        OptionalInt linkLayer = program.firstReading(OffsetBase.LINK_LAYER);
        if (placement == Placement.IP && linkLayer.isPresent()) {
            return Optional.of(at(program, linkLayer.getAsInt())
                    + "a pipeline does not know the link-layer header at placement IP (expected: placement ETHERNET; or"
                    + " Offload.REQUIRED)");
        }
        return placement == Placement.UDP_SOCKET ? new UdpHeaderReads(program).unsupported() : Optional.empty();
    }

    /**
     * {@return why the channel's pipeline cannot run the program once it is bound to the address, or empty if it can}
     */
    static Optional<String> whyNot(
            Program program, Placement placement, Channel channel, @Nullable SocketAddress localAddress) {
        Placement own = SocketFilters.placement(channel);
        boolean fits = own == null || own == Placement.TCP_SOCKET || own == placement || placement == Placement.PAYLOAD;
        if (!fits) {
            return Optional.of("the program is for placement " + placement + ", and the channel's is " + own);
        }
        Optional<String> coalesced = whyCoalesced(channel);
        if (coalesced.isPresent()) {
            return coalesced;
        }
        Optional<String> why = whyNot(program, placement, knownExtensions(channel));
        if (why.isEmpty()
                && placement == Placement.UDP_SOCKET
                && isWildcard(localAddress)
                && new UdpHeaderReads(program).readsDestination()) {
            return Optional.of("the program reads the destination address, and the channel is bound to " + localAddress
                    + ": a pipeline does not know the one that a packet was sent to (expected: a bound address)");
        }
        return why;
    }

    private static Optional<String> whyCoalesced(Channel channel) {
        String found = "UDP_GRO is on, and ";
        try {
            if (!SocketFilters.passesCoalesced(channel)) {
                return Optional.empty();
            }
        } catch (SocketFilterException e) {
            found = e.getMessage() + "; where it is on, ";
        }
        return Optional.of(found + channel.getClass().getSimpleName()
                + " passes several datagrams on as one (expected: UDP_GRO off, or epoll without"
                + " MAX_DATAGRAM_PAYLOAD_SIZE)");
    }

    private static boolean isWildcard(@Nullable SocketAddress address) {
        return address == null
                || (address instanceof InetSocketAddress internet
                        && (internet.isUnresolved() || internet.getAddress().isAnyLocalAddress()));
    }

    /** {@return whether the pipeline gives the kernel's verdict on every packet, however often it is asked} */
    static boolean agreesWithKernel(
            Program program, Placement placement, Channel channel, @Nullable SocketAddress localAddress) {
        Set<Extension> extensions = program.extensions();
        // nla and nlan: the kernel finds nothing in a packet that it keeps in pieces, some 16,000 bytes and up.
        boolean varies = extensions.contains(Extension.RAND)
                || extensions.contains(Extension.NLA)
                || extensions.contains(Extension.NLAN);
        boolean differs = placement == Placement.UDP_SOCKET && differsOnUdp(program, localAddress);
        return !varies
                && !differs
                && whyNot(program, placement, channel, localAddress).isEmpty();
    }

    private static boolean differsOnUdp(Program program, @Nullable SocketAddress localAddress) {
        UdpHeaderReads reads = new UdpHeaderReads(program);
        boolean isIpv4 = localAddress instanceof InetSocketAddress internet
                && internet.getAddress() instanceof Inet4Address
                && !isWildcard(localAddress);
        return program.offsetBases().contains(OffsetBase.LINK_LAYER)
                || reads.readsChecksum()
                || reads.readsAnywhere()
                || (reads.readsLength() && !isIpv4);
    }

    /** {@return why a program that knows its placement cannot be used at this one, or empty if it can} */
    static Optional<String> misplaced(Program program, Placement placement) {
        return program.placement()
                .filter(own -> own != placement)
                .map(own -> "the program is for placement " + own + ", and the handler's is " + placement);
    }

    static String at(Program program, int pc) {
        return "insn " + pc + ": " + program.instructions().get(pc) + ": ";
    }

    /**
     * {@return the extensions that a program can read in a pipeline}
     *
     * @param placement what the program's offset 0 is
     * @param ofChannel the extensions that the channel's messages answer; none on Netty's own channels
     */
    public static Set<Extension> knownExtensions(Placement placement, Set<Extension> ofChannel) {
        Set<Extension> known = EnumSet.of(Extension.LEN, Extension.RAND, Extension.XOR_X);
        if (placement == Placement.UDP_SOCKET) {
            known.add(Extension.PROTO);
        } else {
            known.add(Extension.NLA);
            known.add(Extension.NLAN);
        }
        if (placement == Placement.ETHERNET || placement == Placement.IP) {
            known.addAll(ofChannel);
        }
        return known;
    }

    private static String names(Set<Extension> extensions) {
        return String.join(", ", extensions.stream().map(Extension::mnemonic).toList());
    }
}
