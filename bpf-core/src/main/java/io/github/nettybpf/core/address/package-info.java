/**
 * Sets of IP addresses, of any size, for block and allow lists. {@link AddressSet} is immutable, and has set algebra; a
 * lookup takes nanoseconds.
 *
 * <p>A set is a tree of segments ({@link Branch}): the root divides all addresses by their first 16 bits, a branch below
 * it by the next 16. Where the rest of the bits decides nothing more, there is a leaf, an array of the boundaries between
 * what is in the set and what is not ({@link Leaf}). {@link RangeList} sorts and merges what a set is made of, {@link
 * TreeBuilder} makes the tree of it, {@link TreeAlgebra} combines two, {@link RangeWalk} lists the ranges of one.
 */
@NullMarked
package io.github.nettybpf.core.address;

import org.jspecify.annotations.NullMarked;
