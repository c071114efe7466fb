package io.github.nettybpf.netty;

/** An error, and what the message of a failed option says of it. */
enum Errno {
    EPERM(1, "not permitted (EPERM): a security profile forbids it (expected: one that allows socket filters)"),
    ENOMEM(12, "the socket's option memory is full (ENOMEM):"),
    EINVAL(22, "invalid argument (EINVAL)"),
    ENOSYS(38, "Function not implemented"),
    ENOPROTOOPT(92, "the socket does not know this option (ENOPROTOOPT)");

    final int number;
    final String text;

    Errno(int number, String text) {
        this.number = number;
        this.text = text;
    }
}
