package io.github.nettybpf.tools.capture;

import io.github.nettybpf.expression.LinkType;
import java.nio.ByteOrder;
import java.util.Optional;

/** The LINKTYPE_ numbers of captures, as tcpdump.org lists them, as far as expressions know what they mean. */
public final class LinkTypes {
    static final int EN10MB = 1;

    private LinkTypes() {}

    /**
     * {@return what the packets begin with, for expressions}; empty if expressions do not know that link type.
     *
     * @param origin where the packets were captured
     */
    public static Optional<LinkType> of(CaptureInterface origin) {
        return switch (origin.linkType()) {
            case EN10MB -> Optional.of(LinkType.EN10MB);
            // The address family is in the order of the machine, and LOOP has it in network byte order.
            case 0 -> Optional.of(origin.order() == ByteOrder.BIG_ENDIAN ? LinkType.LOOP : LinkType.NULL);
            // 12 and 14 are what systems once wrote for raw IP; 228 and 229 hold only IPv4 and only IPv6.
            case 12, 14, 101, 228, 229 -> Optional.of(LinkType.RAW);
            case 108 -> Optional.of(LinkType.LOOP);
            case 113 -> Optional.of(LinkType.LINUX_SLL);
            case 276 -> Optional.of(LinkType.LINUX_SLL2);
            default -> Optional.empty();
        };
    }

    /**
     * {@return whether the header is in the byte order of the machine that captured}: of NULL, PFLOG, both of USB_LINUX, and
     * NFLOG. Source: libpcap, which swaps the headers of these where a capture is from the other kind of machine.
     */
    static boolean hasOrder(int linkType) {
        return switch (linkType) {
            case 0, 117, 189, 220, 239 -> true;
            default -> false;
        };
    }

    /** {@return how long the header is in front of the network header}, -1 if that is not known. */
    static int headerLength(int linkType) {
        return switch (linkType) {
            case EN10MB -> 14;
            case 12, 14, 101, 228, 229 -> 0;
            case 0, 108 -> 4;
            case 113 -> 16;
            case 276 -> 20;
            default -> -1;
        };
    }
}
