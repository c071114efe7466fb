package io.github.nettybpf.netty;

/** An option that fails. */
enum FailingOption {
    ATTACH(1, 1, 26, "SO_ATTACH_FILTER"),
    READ_BACK(2, 1, 26, "SO_GET_FILTER"),
    DETACH(1, 1, 27, "SO_DETACH_FILTER"),
    IS_LOCKED(2, 1, 44, "SO_LOCK_FILTER"),
    MEMINFO(2, 1, 55, "SO_MEMINFO"),
    GRO(2, 17, 104, "UDP_GRO");

    final int call;
    final int level;
    final int number;
    final String text;

    FailingOption(int call, int level, int number, String text) {
        this.call = call;
        this.level = level;
        this.number = number;
        this.text = text;
    }

    /** Only the n-th call fails. */
    Fault at(int n) {
        return new Fault(this, n, n);
    }

    Fault always() {
        return new Fault(this, 1, Integer.MAX_VALUE);
    }

    /** The first and the last of its calls that fail, from 1. */
    record Fault(FailingOption option, int first, int last) {}
}
