package io.github.nettybpf.core.address;

import java.util.Arrays;

/** Collects the segments of a node in ascending order, and makes the node. */
final class Segments {
    private char[] starts = new char[16];
    private Object[] nodes = new Object[16];
    private int count;

    /**
     * Adds a segment that reaches up to the next one. One that begins where the last did takes its place.
     *
     * @param start the first value; nothing is added at {@link Branch#VALUES}, which is after the last
     */
    void add(int start, Object node) {
        if (start == Branch.VALUES) {
            return;
        }
        if (count > 0 && starts[count - 1] == start) {
            count--;
        }
        if (count > 0 && nodes[count - 1] == node && Leaf.isConstant(node)) {
            return;
        }
        if (count == starts.length) {
            starts = Arrays.copyOf(starts, 2 * count);
            nodes = Arrays.copyOf(nodes, 2 * count);
        }
        starts[count] = (char) start;
        nodes[count++] = node;
    }

    /** {@return the node of all that was added; the first segment has to begin at 0} */
    Object node() {
        for (int segment = 0; segment < count; segment++) {
            if (!Leaf.isConstant(nodes[segment])) {
                return new Branch(starts, nodes, count);
            }
        }
        if (count == 1) {
            return nodes[0];
        }
        // Constants take turns: each start but that of a first NONE is a change.
        return Arrays.copyOfRange(starts, nodes[0] == Leaf.NONE ? 1 : 0, count);
    }
}
