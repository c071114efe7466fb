/** Packet sockets (AF_PACKET) for Netty: a channel that sends and receives whole frames of a network interface. */
module io.github.nettybpf.packet {
    requires static transitive org.jspecify;
    requires transitive io.github.nettybpf.netty;
    requires io.netty.transport.classes.epoll;
    requires transitive io.netty.transport.unix.common;
    requires com.sun.jna;

    exports io.github.nettybpf.packet;
}
