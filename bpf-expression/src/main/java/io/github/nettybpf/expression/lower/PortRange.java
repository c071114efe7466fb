package io.github.nettybpf.expression.lower;

import io.github.nettybpf.expression.ExpressionException;
import io.github.nettybpf.expression.parse.NameTables;
import io.github.nettybpf.expression.parse.Spelling;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A port or a range of ports, which a text names.
 *
 * @param ports the ports
 * @param transport the number of the transport protocol that the name or the qualifier implies, or null if there is
 *     none
 */
record PortRange(RangeSet ports, @Nullable Integer transport) {
    private static final Pattern RANGE = Pattern.compile("[0-9]+-[0-9]+");

    /** A port, and the transport protocol that its name is for, or null if that is not one alone. */
    private record Port(int number, @Nullable Integer transport) {}

    /** {@return whether this is one port} */
    boolean isOne() {
        return ports.size() == 2 && ports.bound(1) - ports.bound(0) == 1;
    }

    /** {@return the ports that a text names} */
    static PortRange read(String text, boolean range, @Nullable Integer transport, int column) {
        if (!range) {
            Port port = port(text, column);
            return new PortRange(RangeSet.of(port.number), common(text, port.transport, transport, column));
        }
        int dash = dash(text, column);
        Port first = port(text.substring(0, dash), column);
        Port last = port(text.substring(dash + 1), column);
        Integer own = Objects.equals(first.transport, last.transport) ? first.transport : null;
        int low = Math.min(first.number, last.number);
        return new PortRange(
                RangeSet.between(low, Math.max(first.number, last.number)), common(text, own, transport, column));
    }

    /** {@return where the hyphen between two ports is: names have hyphens, too} */
    private static int dash(String text, int column) {
        int first = text.indexOf('-');
        if (first < 0) {
            throw new ExpressionException(
                    column, "'" + Spelling.shortened(text) + "' (expected: two ports with '-' between)");
        }
        for (int dash = first; dash >= 0; dash = text.indexOf('-', dash + 1)) {
            if (isKnown(text.substring(0, dash)) && isKnown(text.substring(dash + 1))) {
                return dash;
            }
        }
        return first;
    }

    /** {@return the transport protocol that the name or the qualifier implies, or null if neither does} */
    private static @Nullable Integer common(
            String text, @Nullable Integer own, @Nullable Integer qualifier, int column) {
        if (qualifier != null && own != null && !qualifier.equals(own)) {
            throw new ExpressionException(
                    column,
                    "'" + Spelling.shortened(text)
                            + "' (expected: a service of the transport protocol before it; this is "
                            + (own == ProtocolNumbers.TCP ? "tcp" : "udp") + ")");
        }
        return qualifier == null ? own : qualifier;
    }

    /** {@return whether a text is two numbers and a hyphen between them} */
    static boolean isRange(String text) {
        return RANGE.matcher(text).matches();
    }

    private static boolean isKnown(String text) {
        return text.matches("[0-9]+") || NameTables.service(text) != null;
    }

    private static Port port(String text, int column) {
        String shown = "'" + Spelling.shortened(text) + "'";
        if (text.matches("[0-9]+")) {
            int number = text.length() > 9 ? -1 : Integer.parseInt(text);
            if (number < 0 || number > 0xffff) {
                throw new ExpressionException(column, shown + " (expected: 0..65535 or a service)");
            }
            return new Port(number, null);
        }
        NameTables.Service service = NameTables.service(text);
        if (service == null) {
            throw new ExpressionException(
                    column,
                    shown + " (expected: 0..65535 or a service" + Spelling.suggestion(text, NameTables.usualServices())
                            + ")");
        }
        boolean tcp = service.transports().contains("tcp");
        boolean udp = service.transports().contains("udp");
        return new Port(service.port(), tcp && udp ? null : tcp ? ProtocolNumbers.TCP : ProtocolNumbers.UDP);
    }
}
