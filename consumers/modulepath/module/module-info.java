/** An application of named modules. */
module consumer {
    requires io.github.nettybpf.expression;
    requires io.github.nettybpf.netty;
    requires io.netty.transport.classes.epoll;
}
