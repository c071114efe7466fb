package io.github.nettybpf.core.address;

/** Combines lists of ranges that are normalized; so is the result. */
enum RangeAlgebra {
    UNION {
        @Override
        RangeList of(RangeList a, RangeList b) {
            RangeList both = new RangeList();
            both.addAll(a, 0, a.size());
            both.addAll(b, 0, b.size());
            both.normalize();
            return both;
        }
    },
    INTERSECTION {
        @Override
        RangeList of(RangeList a, RangeList b) {
            RangeList both = new RangeList();
            int left = 0;
            int right = 0;
            while (left < a.size() && right < b.size()) {
                boolean isLeftLater = a.compareFirst(left, b, right) >= 0;
                long firstHigh = isLeftLater ? a.firstHigh(left) : b.firstHigh(right);
                long firstLow = isLeftLater ? a.firstLow(left) : b.firstLow(right);
                int order = a.compareLast(left, b, right);
                long lastHigh = order <= 0 ? a.lastHigh(left) : b.lastHigh(right);
                long lastLow = order <= 0 ? a.lastLow(left) : b.lastLow(right);
                if (RangeList.compare(firstHigh, firstLow, lastHigh, lastLow) <= 0) {
                    both.add(firstHigh, firstLow, lastHigh, lastLow);
                }
                left += order <= 0 ? 1 : 0;
                right += order >= 0 ? 1 : 0;
            }
            return both;
        }
    },
    DIFFERENCE {
        @Override
        RangeList of(RangeList a, RangeList b) {
            return INTERSECTION.of(a, b.complement());
        }
    };

    /** {@return the numbers of the two lists} */
    abstract RangeList of(RangeList a, RangeList b);
}
