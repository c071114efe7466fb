package io.github.nettybpf.core.address;

/** Goes over the segments of a node, whatever kind it is. */
final class Cursor {
    private final Object node;
    private int segment;
    private Object value = Leaf.NONE;
    private int end;

    /** Begins at the first segment. */
    Cursor(Object node) {
        this.node = node;
        load();
    }

    private void load() {
        if (node instanceof Branch branch) {
            value = branch.node(segment);
            end = branch.start(segment + 1);
        } else {
            // Segment 0 is what is before the first change; it is empty if that is 0.
            char[] changes = (char[]) node;
            if (segment == 0 && changes.length > 0 && changes[0] == 0) {
                segment++;
            }
            value = (segment & 1) == 0 ? Leaf.NONE : Leaf.ALL;
            end = segment < changes.length ? changes[segment] : Branch.VALUES;
        }
    }

    /** {@return the node of the present segment} */
    Object value() {
        return value;
    }

    /** {@return the first value after the present segment, {@link Branch#VALUES} if it is the last} */
    int end() {
        return end;
    }

    /** Goes to the next segment if the present one ends there. */
    void passTo(int start) {
        if (end == start && start < Branch.VALUES) {
            segment++;
            load();
        }
    }
}
