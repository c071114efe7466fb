package io.github.nettybpf.tools.capture;

import io.github.nettybpf.expression.LinkType;
import java.nio.ByteOrder;
import java.util.Optional;

/**
 * What captures say of link types beyond the numbers that {@link LinkType} knows: the byte order of their headers.
 * Source: the LINKTYPE_ values of tcpdump.org.
 */
public final class LinkTypes {
    static final int EN10MB = LinkType.EN10MB.number();
    private static final int PFLOG = 117;
    private static final int USB_LINUX = 189;
    private static final int USB_LINUX_MMAPPED = 220;
    private static final int NFLOG = 239;

    private static final int FIRST_USER = 147;
    private static final int LAST_USER = 162;

    private LinkTypes() {}

    /**
     * {@return the link type that an expression is compiled for, or empty if expressions do not know it} The address
     * family of a NULL capture is in the byte order of the machine that captured; in network byte order, it is that of
     * LOOP.
     *
     * @param origin where the packets were captured
     */
    public static Optional<LinkType> of(CaptureInterface origin) {
        return LinkType.ofNumber(origin.linkType())
                .map(type -> type == LinkType.NULL && origin.order() == ByteOrder.BIG_ENDIAN ? LinkType.LOOP : type);
    }

    /**
     * {@return whether the header is in the byte order of the machine that captured} Source: libpcap, which swaps these
     * headers where a capture is from a machine of the other byte order.
     */
    static boolean isHostOrder(int linkType) {
        return switch (linkType) {
            case PFLOG, USB_LINUX, USB_LINUX_MMAPPED, NFLOG -> true;
            default -> linkType == LinkType.NULL.number();
        };
    }

    /** {@return whether it is one of those that users give a meaning (USER0 to USER15): here, content without headers} */
    static boolean isUser(int linkType) {
        return linkType >= FIRST_USER && linkType <= LAST_USER;
    }

    /**
     * {@return the length of the link-layer header, after which the network header begins, or -1 if it is not known}
     */
    static int headerLength(int linkType) {
        return LinkType.ofNumber(linkType).map(LinkType::headerLength).orElse(-1);
    }
}
