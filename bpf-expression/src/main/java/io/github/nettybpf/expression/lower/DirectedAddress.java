package io.github.nettybpf.expression.lower;

import io.github.nettybpf.expression.parse.Expression.Direction;

/**
 * An address, and where in a packet it has to be.
 *
 * @param direction source, destination, or one of the two
 * @param address the address
 */
record DirectedAddress(Direction direction, MaskedAddress address) {}
