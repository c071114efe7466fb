package io.github.nettybpf.tools.capture;

import io.github.nettybpf.expression.LinkType;
import java.nio.ByteOrder;
import java.util.Optional;

/**
 * Link types: the LINKTYPE_ numbers of captures, as tcpdump.org lists them, and the {@link LinkType} of expressions
 * that each stands for. No other class of the tools knows a number.
 */
public final class LinkTypes {
    static final int EN10MB = 1;
    private static final int NULL = 0;
    private static final int RAW = 101;
    private static final int LOOP = 108;
    private static final int LINUX_SLL = 113;
    private static final int PFLOG = 117;
    private static final int USB_LINUX = 189;
    private static final int USB_LINUX_MMAPPED = 220;
    private static final int IPV4 = 228;
    private static final int IPV6 = 229;
    private static final int NFLOG = 239;
    private static final int LINUX_SLL2 = 276;

    /** What OpenBSD and other systems write for raw IP: their DLT_RAW. */
    private static final int DLT_RAW_BSD = 14;

    private static final int DLT_RAW = 12;

    private LinkTypes() {}

    /**
     * {@return the link type that an expression is compiled for, or empty if expressions do not know it}
     *
     * @param origin where the packets were captured
     */
    public static Optional<LinkType> of(CaptureInterface origin) {
        return switch (origin.linkType()) {
            case EN10MB -> Optional.of(LinkType.EN10MB);
            // The address family is in the byte order of the machine; LOOP has it in network byte order.
            case NULL -> Optional.of(origin.order() == ByteOrder.BIG_ENDIAN ? LinkType.LOOP : LinkType.NULL);
            case RAW, DLT_RAW, DLT_RAW_BSD, IPV4, IPV6 -> Optional.of(LinkType.RAW);
            case LOOP -> Optional.of(LinkType.LOOP);
            case LINUX_SLL -> Optional.of(LinkType.LINUX_SLL);
            case LINUX_SLL2 -> Optional.of(LinkType.LINUX_SLL2);
            default -> Optional.empty();
        };
    }

    /** {@return the LINKTYPE_ number of a link type} */
    static int number(LinkType linkType) {
        return switch (linkType) {
            case EN10MB -> EN10MB;
            case NULL -> NULL;
            case RAW -> RAW;
            case LOOP -> LOOP;
            case LINUX_SLL -> LINUX_SLL;
            case LINUX_SLL2 -> LINUX_SLL2;
        };
    }

    /**
     * {@return whether the header is in the byte order of the machine that captured} Source: libpcap, which swaps these
     * headers where a capture is from a machine of the other byte order.
     */
    static boolean isHostOrder(int linkType) {
        return switch (linkType) {
            case NULL, PFLOG, USB_LINUX, USB_LINUX_MMAPPED, NFLOG -> true;
            default -> false;
        };
    }

    /**
     * {@return the length of the link-layer header, after which the network header begins, or -1 if it is not known}
     */
    static int headerLength(int linkType) {
        return switch (linkType) {
            case EN10MB -> 14;
            case RAW, DLT_RAW, DLT_RAW_BSD, IPV4, IPV6 -> 0;
            case NULL, LOOP -> 4;
            case LINUX_SLL -> 16;
            case LINUX_SLL2 -> 20;
            default -> -1;
        };
    }
}
