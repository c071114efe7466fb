/**
 * Sets of IP addresses, of any size, for block and allow lists. {@link AddressSet} is immutable, and has set algebra; a
 * lookup takes nanoseconds.
 *
 * <p>IPv4 addresses ({@link Ipv4Set}) are a tree of two levels ({@link Branch}): the root divides them by their first 16
 * bits. Where the other 16 decide something, there is a leaf below it, an array of the boundaries between what is in the
 * set and what is not ({@link Leaf}). A bitmap in front of it tells most addresses that are not in the set. {@link
 * TreeBuilder} makes the tree of ranges, {@link TreeAlgebra} combines two. IPv6 addresses are a
 * level-compressed trie ({@link Ipv6Set}): {@link Ipv6Builder} makes it of ranges, {@link Ipv6Change} adds and removes a
 * few, and {@link RangeAlgebra} combines larger sets as lists of ranges. {@link ListReader} reads the lines of lists,
 * {@link Entries} collects what a set is made of, {@link RangeList} sorts and merges it, {@link RangeWalk} lists what a
 * set contains.
 */
@NullMarked
package io.github.nettybpf.core.address;

import org.jspecify.annotations.NullMarked;
