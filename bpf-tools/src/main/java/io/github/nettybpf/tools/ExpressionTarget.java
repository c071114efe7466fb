package io.github.nettybpf.tools;

import io.github.nettybpf.core.Placement;
import io.github.nettybpf.expression.FilterExpression;
import io.github.nettybpf.expression.FilterExpression.Options;
import io.github.nettybpf.expression.LinkType;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** The options that say what an expression is compiled for: captured packets of a link type, or a kind of socket. */
public final class ExpressionTarget {
    /** The names of {@link LinkType}, for messages. */
    static final String LINK_TYPES =
            "EN10MB, RAW, LINUX_SLL, LINUX_SLL2, NULL, LOOP, PPP, PPP_ETHER, C_HDLC, FRELAY, IPNET,"
                    + " IEEE802_11, IEEE802_11_RADIO or OTHER";

    @Option(
            names = "--link-type",
            paramLabel = "TYPE",
            converter = LinkTypeName.class,
            description = "The link type of captured packets: " + LINK_TYPES + " (default: EN10MB).")
    private @Nullable LinkType linkType;

    @Option(
            names = "--placement",
            paramLabel = "PLACEMENT",
            converter = PlacementName.class,
            description = "Compile for a socket instead: ethernet, ip, udp_socket, tcp_socket or payload.")
    private @Nullable Placement placement;

    @Option(
            names = "--netmask",
            paramLabel = "MASK",
            converter = Netmask.class,
            description = "The netmask that 'ip broadcast' needs, for example 255.255.255.0.")
    private @Nullable Integer netmask;

    @Mixin
    private final AddressSetOption sets = new AddressSetOption();

    /** {@return the sets of addresses for expressions} */
    public AddressSetOption sets() {
        return sets;
    }

    /** {@return the options with the netmask, if one was given} */
    public Options withNetmask(Options options) {
        return withNetmask(options, netmask);
    }

    static Options withNetmask(Options options, @Nullable Integer netmask) {
        return netmask == null ? options : options.withNetmask(netmask);
    }

    /**
     * {@return the expression, compiled for what the options say}
     *
     * @throws Refusal if both options were given
     */
    public FilterExpression compile(String expression, Options options) throws Refusal {
        if (placement == null) {
            LinkType type = linkType == null ? LinkType.EN10MB : linkType;
            return FilterExpression.of(expression, type, options);
        }
        if (linkType != null) {
            throw Refusal.ofUsage("--link-type and --placement (expected: one of them)");
        }
        return FilterExpression.of(expression, placement, options);
    }

    /** Reads the value of {@code --netmask}: four numbers with dots between, or a hexadecimal number. */
    static final class Netmask implements ITypeConverter<Integer> {
        @Override
        public Integer convert(String text) {
            String[] parts = text.split("\\.", -1);
            long mask = 0;
            if (text.matches("0x[0-9a-fA-F]{1,8}")) {
                return Integer.parseUnsignedInt(text.substring(2), 16);
            }
            for (String part : parts) {
                int number = part.matches("[0-9]{1,3}") ? Integer.parseInt(part) : 256;
                mask = mask << 8 | number;
                if (number > 255 || parts.length != 4) {
                    throw new TypeConversionException("'" + text + "' (expected: a netmask such as 255.255.255.0)");
                }
            }
            return (int) mask;
        }
    }

    /** Reads the value of {@code --link-type}. */
    static final class LinkTypeName implements ITypeConverter<LinkType> {
        @Override
        public LinkType convert(String name) {
            return LinkType.of(name)
                    .orElseThrow(() -> new TypeConversionException("'" + name + "' (expected: " + LINK_TYPES + ")"));
        }
    }

    /** Reads the value of {@code --placement}. */
    static final class PlacementName implements ITypeConverter<Placement> {
        @Override
        public Placement convert(String name) {
            for (Placement placement : Placement.values()) {
                if (placement.name().equals(name.toUpperCase(Locale.ROOT))) {
                    return placement;
                }
            }
            throw new TypeConversionException(
                    "'" + name + "' (expected: ethernet, ip, udp_socket, tcp_socket or payload)");
        }
    }
}
