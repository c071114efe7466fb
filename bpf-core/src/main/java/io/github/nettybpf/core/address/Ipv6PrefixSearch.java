package io.github.nettybpf.core.address;

import java.util.Optional;

/** Finds the shortest prefix around an address that a trie has all addresses of. */
final class Ipv6PrefixSearch {
    private final long high;
    private final long low;

    Ipv6PrefixSearch(long high, long low) {
        this.high = high;
        this.low = low;
    }

    /** {@return the prefix, or empty if the address is not in the set} */
    Optional<AddressPrefix> in(Object node, Ipv6Block block) {
        return node instanceof Ipv6Node inner ? in(inner) : in((long[]) node, block);
    }

    private Optional<AddressPrefix> in(long[] leaf, Ipv6Block block) {
        RangeList ranges = new RangeList();
        Ipv6Leaf.addTo(leaf, block, ranges);
        for (int range = 0; range < ranges.size(); range++) {
            if (RangeList.compare(ranges.firstHigh(range), ranges.firstLow(range), high, low) <= 0
                    && RangeList.compare(high, low, ranges.lastHigh(range), ranges.lastLow(range)) <= 0) {
                return Optional.of(RangeWalk.prefixOf(
                        high,
                        low,
                        ranges.firstHigh(range),
                        ranges.firstLow(range),
                        ranges.lastHigh(range),
                        ranges.lastLow(range),
                        false));
            }
        }
        return Optional.empty();
    }

    private Optional<AddressPrefix> in(Ipv6Node node) {
        Ipv6Block block = node.block();
        long key = block.isLow() ? low : high;
        if (!block.contains(key) || (block.isLow() && block.high() != high)) {
            return Optional.empty();
        }
        int cell = node.cell(key);
        Optional<AddressPrefix> inCell = in(node.child(cell), node.cellBlock(cell));
        return inCell.isPresent() && isFull(node.child(cell), node.cellBlock(cell))
                ? Optional.of(ofCells(node, cell))
                : inCell;
    }

    /** {@return the largest aligned block of cells that are full, of which this one is} */
    private AddressPrefix ofCells(Ipv6Node node, int cell) {
        int size = 1;
        while (size < node.cells() && areFull(node, cell & -(2 * size), 2 * size)) {
            size *= 2;
        }
        Ipv6Block first = node.cellBlock(cell & -size);
        Ipv6Block last = node.cellBlock((cell & -size) + size - 1);
        int bits = new Ipv6Block(first.isLow(), first.high(), first.first(), last.last()).bits();
        return first.isLow()
                ? RangeWalk.prefix(first.high(), first.first(), 128 - bits, false)
                : RangeWalk.prefix(first.first(), 0, 64 - bits, false);
    }

    private static boolean areFull(Ipv6Node node, int from, int count) {
        for (int cell = from; cell < from + count; cell++) {
            if (!isFull(node.child(cell), node.cellBlock(cell))) {
                return false;
            }
        }
        return true;
    }

    private static boolean isFull(Object child, Ipv6Block block) {
        if (child instanceof Ipv6Node node) {
            return node.block().equals(block) && areFull(node, 0, node.cells());
        } else if (child == Ipv6Leaf.NONE || child == Ipv6Leaf.ALL) {
            return child == Ipv6Leaf.ALL;
        }
        RangeList ranges = new RangeList();
        Ipv6Leaf.addTo((long[]) child, block, ranges);
        RangeList all = new RangeList();
        block.addTo(all);
        return ranges.equals(all);
    }
}
