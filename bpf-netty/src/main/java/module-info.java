/** Packet filters for Netty channels. */
@SuppressWarnings("module") // bpf-packet and bpf-tools are compiled later
module io.github.nettybpf.netty {
    requires static jdk.jfr; // a JVM without it records no events
    requires static transitive org.jspecify;
    requires transitive io.github.nettybpf.core;
    requires transitive io.netty.transport;
    requires transitive io.netty.buffer;
    requires transitive io.netty.common;
    requires io.netty.transport.classes.epoll;
    requires transitive io.netty.transport.unix.common;
    requires static micrometer.core;

    exports io.github.nettybpf.netty;
    exports io.github.nettybpf.netty.address;
    exports io.github.nettybpf.netty.drops;
    exports io.github.nettybpf.netty.listener;
    exports io.github.nettybpf.netty.reuseport;
    exports io.github.nettybpf.netty.pcapng to
            io.github.nettybpf.tools;
    exports io.github.nettybpf.netty.memory to
            io.github.nettybpf.packet;
}
