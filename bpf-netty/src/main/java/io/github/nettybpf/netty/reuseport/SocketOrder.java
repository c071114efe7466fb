package io.github.nettybpf.netty.reuseport;

import java.util.ArrayList;
import java.util.List;

/**
 * The order that the kernel has the sockets of a group in, which is what verdicts count by: a socket that joins comes
 * last, and when one leaves, the last takes its place. Not thread-safe.
 *
 * <p>Source: reuseport_add_sock and __reuseport_detach_sock in net/core/sock_reuseport.c of the kernel.
 */
final class SocketOrder<T> {
    private final List<T> sockets = new ArrayList<>();

    void joined(T socket) {
        sockets.add(socket);
    }

    /** A socket has been closed; nothing happens if it is not in the group. */
    void left(T socket) {
        int index = sockets.indexOf(socket);
        if (index >= 0) {
            T last = sockets.remove(sockets.size() - 1);
            if (index < sockets.size()) {
                sockets.set(index, last);
            }
        }
    }

    /** {@return the index of a socket, or -1 if it is not in the group} */
    int indexOf(T socket) {
        return sockets.indexOf(socket);
    }

    List<T> sockets() {
        return List.copyOf(sockets);
    }
}
