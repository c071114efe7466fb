package io.github.nettybpf.expression.parse;

import java.util.List;

/**
 * The syntax tree of an expression. Qualifiers that were left out are filled in: {@code src host a or b} has two {@link
 * Primitive}s with the same ones.
 *
 * <p>{@code and} and {@code or} have the same precedence and associate to the left, as in libpcap; a chain of the same
 * operator is one node. Columns count from 1.
 */
public sealed interface Expression {
    /**
     * Holds if all terms do. They are evaluated in order, until one does not hold.
     *
     * @param terms two or more
     */
    record And(List<Expression> terms) implements Expression {}

    /**
     * Holds if one of the terms does. They are evaluated in order, until one holds.
     *
     * @param terms two or more
     */
    record Or(List<Expression> terms) implements Expression {}

    /**
     * Holds if the term does not.
     *
     * @param term the term
     */
    record Not(Expression term) implements Expression {}

    /**
     * An identifier and its qualifiers: {@code src net 10.0.0.0/8}.
     *
     * @param qualifiers the qualifiers, written or inherited
     * @param identifier what they qualify: an address, port, number or name
     * @param column where the identifier is
     */
    record Primitive(Qualifiers qualifiers, Identifier identifier, int column) implements Expression {}

    /**
     * A protocol by its name: {@code tcp}.
     *
     * @param name the name, {@code link} for all its synonyms
     * @param column where it is
     */
    record Protocol(String name, int column) implements Expression {}

    /**
     * A comparison: {@code ip[8] < 5}.
     *
     * @param left the left side
     * @param comparison how they are compared
     * @param right the right side
     * @param column where the operator is
     */
    record Relation(ArithmeticExpression left, Comparison comparison, ArithmeticExpression right, int column)
            implements Expression {}

    /**
     * A test with a name of its own: {@code vlan 7}, {@code ip broadcast}, {@code greater 100}, {@code llc ui}.
     *
     * @param name the name
     * @param detail the protocol before it, or the word after it; empty if there is none
     * @param number the number after it, or -1
     * @param column where the name is
     */
    record Keyword(String name, String detail, long number, int column) implements Expression {}

    /** How two values are compared, as unsigned numbers. */
    enum Comparison {
        /** {@code =} */
        EQUAL,
        /** {@code !=} */
        NOT_EQUAL,
        /** {@code >} */
        GREATER,
        /** {@code >=} */
        GREATER_OR_EQUAL,
        /** {@code <} */
        LESS,
        /** {@code <=} */
        LESS_OR_EQUAL
    }

    /**
     * The words that precede an identifier.
     *
     * @param protocol a protocol's name, {@code link} for all its synonyms; empty if there is none
     * @param direction source, destination, or both
     * @param kind what the identifier is
     */
    record Qualifiers(String protocol, Direction direction, Kind kind) {}

    /** Which address or port of a packet. */
    enum Direction {
        /** Not said: source or destination. */
        EITHER,
        /** {@code src} */
        SOURCE,
        /** {@code dst} */
        DESTINATION,
        /** {@code src or dst} */
        SOURCE_OR_DESTINATION,
        /** {@code src and dst} */
        SOURCE_AND_DESTINATION,
        /** {@code addr1} of 802.11 */
        ADDRESS1,
        /** {@code addr2} of 802.11 */
        ADDRESS2,
        /** {@code addr3} of 802.11 */
        ADDRESS3,
        /** {@code addr4} of 802.11 */
        ADDRESS4,
        /** {@code ra} of 802.11 */
        RECEIVER,
        /** {@code ta} of 802.11 */
        TRANSMITTER;

        /** {@return whether it is one of the addresses that only 802.11 frames have} */
        public boolean isWireless() {
            return switch (this) {
                case EITHER, SOURCE, DESTINATION, SOURCE_OR_DESTINATION, SOURCE_AND_DESTINATION -> false;
                case ADDRESS1, ADDRESS2, ADDRESS3, ADDRESS4, RECEIVER, TRANSMITTER -> true;
            };
        }
    }

    /** What an identifier is. */
    enum Kind {
        /** Not said: a host. */
        UNSPECIFIED,
        /** {@code host} */
        HOST,
        /** {@code net} */
        NET,
        /** {@code port} */
        PORT,
        /** {@code portrange} */
        PORTRANGE,
        /** {@code proto} */
        PROTO,
        /** {@code protochain} */
        PROTOCHAIN,
        /** {@code gateway} */
        GATEWAY
    }

    /** An address, a number or a name. */
    sealed interface Identifier {
        /**
         * A name, or a range of ports.
         *
         * @param text the name
         */
        record Name(String text) implements Identifier {}

        /**
         * The name of a set of addresses, as in {@code net @blocked}.
         *
         * @param name the name, without {@code @}
         */
        record SetName(String name) implements Identifier {}

        /**
         * A number.
         *
         * @param value the number, 0..2^32-1
         */
        record Numeral(long value) implements Identifier {}

        /**
         * An IPv4 address or network. An address of two or three numbers is a network.
         *
         * @param text as it was written
         * @param address the address, in which missing numbers are 0
         * @param mask the mask
         * @param masked whether a mask or the length of a prefix was written
         */
        record Ipv4(String text, int address, int mask, boolean masked) implements Identifier {}

        /**
         * An IPv6 address or network.
         *
         * @param text as it was written
         * @param high the first eight bytes
         * @param low the last eight bytes
         * @param prefix the length of the prefix, 0..128
         */
        record Ipv6(String text, long high, long low, int prefix) implements Identifier {}

        /**
         * A DECnet address.
         *
         * @param text as it was written
         * @param node the area, 0..63, in six bits, and the node, 0..1023, in ten
         */
        record Decnet(String text, int node) implements Identifier {}

        /**
         * A hardware address.
         *
         * @param text as it was written
         * @param address the six bytes
         */
        record Mac(String text, long address) implements Identifier {}
    }
}
