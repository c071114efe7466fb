package io.github.nettybpf.netty.source;

import io.github.nettybpf.core.AluOp;
import io.github.nettybpf.core.Extension;
import io.github.nettybpf.core.Instruction.AluConstant;
import io.github.nettybpf.core.Instruction.AluX;
import io.github.nettybpf.core.Instruction.LoadAbsolute;
import io.github.nettybpf.core.Instruction.LoadConstant;
import io.github.nettybpf.core.Instruction.LoadExtension;
import io.github.nettybpf.core.Instruction.LoadIndirect;
import io.github.nettybpf.core.JumpCondition;
import io.github.nettybpf.core.OffsetBase;
import io.github.nettybpf.core.Placement;
import io.github.nettybpf.core.Register;
import io.github.nettybpf.core.address.AddressSet;
import io.github.nettybpf.netty.code.LabeledCode;
import io.github.nettybpf.netty.code.LabeledCode.Label;
import org.jspecify.annotations.Nullable;

/**
 * Instructions that go to one label if the source of a packet is in a set, and to another if it is not or there is none.
 * They read the source where {@link Source} does.
 */
final class SourceCode {
    private static final int IPV6_FIRST_BYTE = 0x60;
    private static final int MAPPED = 0xffff;
    private static final int WORD = 4;

    private final LabeledCode code;
    private final Placement placement;
    private final WordRanges ipv4;
    private final WordRanges ipv6;
    private final Label in;
    private final Label out;

    /**
     * Prepares the code for a set.
     *
     * @param code what it becomes part of
     * @param placement what offset 0 is: of a frame, of a packet from its IP header on, or of a UDP socket
     */
    SourceCode(LabeledCode code, Placement placement, AddressSet set, Label in, Label out) {
        this.code = code;
        this.placement = placement;
        this.in = in;
        this.out = out;
        this.ipv4 = new WordRanges(1);
        this.ipv6 = new WordRanges(4);
        set.forEachRange(new AddressSet.RangeConsumer() {
            @Override
            public void ipv4(int first, int last) {
                ipv4.add(new int[] {first}, new int[] {last});
            }

            @Override
            public void ipv6(long firstHigh, long firstLow, long lastHigh, long lastLow) {
                ipv6.add(words(firstHigh, firstLow), words(lastHigh, lastLow));
            }
        });
    }

    private static int[] words(long high, long low) {
        return new int[] {(int) (high >>> 32), (int) high, (int) (low >>> 32), (int) low};
    }

    /** Emits the code, which begins with the registers of a program's begin and changes A and X. */
    void emit() {
        Label v4 = ipv4.isEmpty() ? out : new Label();
        boolean showsMapped = placement != Placement.UDP_SOCKET;
        Label v6 = ipv6.isEmpty() && (ipv4.isEmpty() || !showsMapped) ? out : new Label();
        switch (placement) {
            case UDP_SOCKET -> {
                code.add(new LoadAbsolute(OffsetBase.SKF_NET_OFF, 1));
                code.jumpIf(JumpCondition.JGE, IPV6_FIRST_BYTE, v6, v4);
            }
            case IP -> emitVersion(v4, v6);
            case ETHERNET -> emitEthertype(v4, v6, 0);
            default ->
                throw new IllegalArgumentException(
                        "placement " + placement + " (expected: UDP_SOCKET, ETHERNET or IP)");
        }
        Label compareV4 = ipv4.isEmpty() ? out : new Label();
        if (v6 != out) {
            emitIpv6(v6, showsMapped ? compareV4 : null);
        }
        if (v4 != out) {
            code.place(v4);
            requireBytes(Source.IPV4_SOURCE + WORD);
            loadWord(Source.IPV4_SOURCE);
            code.place(compareV4);
            new WordTree(code, ipv4, 0, word -> {}, in, out).emit();
        }
    }

    private void emitVersion(Label v4, Label v6) {
        code.requireLength(1, out);
        code.add(new LoadAbsolute(0, 1));
        code.add(new AluConstant(AluOp.AND, 0xf0));
        code.jumpIf(JumpCondition.JEQ, 0x40, v4);
        code.jumpIf(JumpCondition.JEQ, 0x60, v6, out);
    }

    /** X is how many bytes of VLAN tags there are before the IP header. */
    private void emitEthertype(Label v4, Label v6, int tags) {
        int skipped = tags * Source.VLAN_TAG;
        code.requireLength(Source.ETHERNET_HEADER + skipped, out);
        code.add(new LoadConstant(Register.X, skipped));
        code.add(new LoadAbsolute(Source.ETHERTYPE + skipped, 2));
        code.jumpIf(JumpCondition.JEQ, Source.ETHERTYPE_IPV4, v4);
        if (tags == Source.MOST_VLAN_TAGS) {
            code.jumpIf(JumpCondition.JEQ, Source.ETHERTYPE_IPV6, v6, out);
            return;
        }
        code.jumpIf(JumpCondition.JEQ, Source.ETHERTYPE_IPV6, v6);
        Label tagged = new Label();
        code.jumpIf(JumpCondition.JEQ, 0x8100, tagged);
        code.jumpIf(JumpCondition.JEQ, 0x88a8, tagged);
        code.jumpUnless(JumpCondition.JEQ, 0x9100, out);
        code.place(tagged);
        emitEthertype(v4, v6, tags + 1);
    }

    /**
     * Compares an IPv6 source.
     *
     * @param compareV4 where a v4-mapped one is compared as the IPv4 address; null on a UDP socket, which none reaches:
     *     ip6_rcv_core in net/ipv6/ip6_input.c drops it
     */
    private void emitIpv6(Label v6, @Nullable Label compareV4) {
        code.place(v6);
        requireBytes(Source.IPV6_SOURCE + 4 * WORD);
        if (compareV4 != null) {
            Label other = new Label();
            int[] mapped = {0, 0, MAPPED};
            for (int word = 0; word < mapped.length; word++) {
                loadWord(Source.IPV6_SOURCE + WORD * word);
                code.jumpUnless(JumpCondition.JEQ, mapped[word], other);
            }
            loadWord(Source.IPV6_SOURCE + 3 * WORD);
            code.jump(compareV4);
            code.place(other);
        }
        if (ipv6.isEmpty()) {
            code.jump(out);
            return;
        }
        loadWord(Source.IPV6_SOURCE);
        new WordTree(code, ipv6, 0, word -> loadWord(Source.IPV6_SOURCE + WORD * word), in, out).emit();
    }

    /** Goes on if the packet has so many bytes from its IP header on. On a UDP socket, it has. */
    private void requireBytes(int count) {
        if (placement == Placement.ETHERNET) {
            code.add(new LoadExtension(Extension.LEN));
            code.add(new AluX(AluOp.SUB));
            code.jumpUnless(JumpCondition.JGE, Source.ETHERNET_HEADER + count, out);
        } else if (placement == Placement.IP) {
            code.requireLength(count, out);
        }
    }

    /** Loads four bytes of the IP header. */
    private void loadWord(int offset) {
        code.add(
                switch (placement) {
                    case ETHERNET -> new LoadIndirect(Source.ETHERNET_HEADER + offset, WORD);
                    case IP -> new LoadAbsolute(offset, WORD);
                    default -> new LoadAbsolute(OffsetBase.SKF_NET_OFF + offset, WORD);
                });
    }
}
