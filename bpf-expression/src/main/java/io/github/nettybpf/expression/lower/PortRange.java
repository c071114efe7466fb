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

    /** A port and the transport protocol that it is for, or null if for more than one. */
    private record Port(int number, @Nullable Integer transport) {}

    /** {@return the ports that a text names} */
    static PortRange read(String text, boolean range, @Nullable Integer transport, int column) {
        if (!range) {
            Port port = port(text, transport, column);
            return new PortRange(RangeSet.of(port.number), port.transport);
        }
        int dash = text.indexOf('-');
        if (dash < 0) {
            throw new ExpressionException(
                    column, "'" + Spelling.shortened(text) + "' (expected: two ports with '-' between)");
        }
        boolean numbers = isRange(text);
        while (!numbers && dash > 0 && !isKnown(text.substring(0, dash)) && text.indexOf('-', dash + 1) > 0) {
            dash = text.indexOf('-', dash + 1);
        }
        Port first = port(text.substring(0, dash), transport, column);
        Port last = port(text.substring(dash + 1), transport, column);
        Integer common = Objects.equals(first.transport, last.transport) ? first.transport : transport;
        int low = Math.min(first.number, last.number);
        return new PortRange(RangeSet.between(low, Math.max(first.number, last.number)), common);
    }

    /** {@return whether a text is two numbers and a hyphen between them} */
    static boolean isRange(String text) {
        return RANGE.matcher(text).matches();
    }

    private static boolean isKnown(String text) {
        return text.matches("[0-9]+") || NameTables.services().containsKey(text);
    }

    private static Port port(String text, @Nullable Integer transport, int column) {
        String shown = "'" + Spelling.shortened(text) + "'";
        if (text.matches("[0-9]+")) {
            int number = text.length() > 9 ? -1 : Integer.parseInt(text);
            if (number < 0 || number > 0xffff) {
                throw new ExpressionException(column, shown + " (expected: 0..65535 or a service)");
            }
            return new Port(number, transport);
        }
        NameTables.Service service = NameTables.services().get(text);
        if (service == null) {
            throw new ExpressionException(
                    column,
                    shown + " (expected: 0..65535 or a service"
                            + Spelling.suggestion(text, NameTables.services().keySet()) + ")");
        }
        boolean tcp = service.transports().contains("tcp");
        boolean udp = service.transports().contains("udp");
        Integer own = tcp && udp ? null : tcp ? ProtocolNumbers.TCP : ProtocolNumbers.UDP;
        if (transport != null && own != null && !transport.equals(own)) {
            throw new ExpressionException(
                    column,
                    shown + " (expected: a service of the transport protocol before it; this is "
                            + (tcp ? "tcp" : "udp") + ")");
        }
        return new Port(service.port(), transport == null ? own : transport);
    }
}
