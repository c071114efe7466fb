package io.github.nettybpf.expression.parse;

/** The syntax tree of an arithmetic expression, which is computed modulo 2^32. Columns count from 1. */
public sealed interface ArithmeticExpression {
    /**
     * A number, or a name that stands for one, as {@code tcp-syn}.
     *
     * @param value the number, 0..2^32-1
     * @param column where it is
     */
    record Constant(long value, int column) implements ArithmeticExpression {}

    /**
     * {@code len}: the length of the packet.
     *
     * @param column where it is
     */
    record Length(int column) implements ArithmeticExpression {}

    /**
     * Bytes of the packet: {@code tcp[13]}, {@code ip[2:2]}.
     *
     * @param protocol the protocol whose header it is; {@code link} for all its synonyms
     * @param index the offset in the header
     * @param size 1, 2 or 4 bytes
     * @param column where the protocol's name is
     */
    record Load(String protocol, ArithmeticExpression index, int size, int column) implements ArithmeticExpression {}

    /**
     * Two values and an operator.
     *
     * @param operator one of {@code + - * / % & | ^ << >>}
     * @param left the left side
     * @param right the right side
     * @param column where the operator is
     */
    record Binary(String operator, ArithmeticExpression left, ArithmeticExpression right, int column)
            implements ArithmeticExpression {}

    /**
     * The two's complement.
     *
     * @param operand the operand
     * @param column where the sign is
     */
    record Negation(ArithmeticExpression operand, int column) implements ArithmeticExpression {}
}
