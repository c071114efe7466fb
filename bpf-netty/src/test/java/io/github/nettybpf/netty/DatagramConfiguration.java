package io.github.nettybpf.netty;

import io.github.nettybpf.core.Placement;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.expression.FilterExpression;
import io.github.nettybpf.netty.FilterStats.Location;
import org.jspecify.annotations.Nullable;

/** A UDP channel, how it is bound and read, and what filters it: one of those of {@link DatagramMatrixTest}. */
record DatagramConfiguration(
        Transport transport, boolean isIp6, Bound bound, Reading reading, Rule rule, Offload offload) {
    enum Bound {
        WILDCARD,
        SPECIFIC,
        CONNECTED
    }

    enum Reading {
        PLAIN,
        /** Several datagrams with one call, where the transport can. */
        BATCHED,
        /** Without autoRead; asks for more only when something came. */
        ON_DEMAND,
        /** Into a buffer that is just long enough. */
        TIGHT,
        /** By a handler that is added when the channel is bound, and datagrams are queued. */
        LIVE
    }

    /** A program, and what its offset 0 is. */
    record Rule(String text, Program program, Placement placement, boolean readsDestination) {
        static Rule expression(String text) {
            Program program = FilterExpression.compile(text, Placement.UDP_SOCKET);
            return new Rule(text, program, Placement.UDP_SOCKET, text.contains("dst"));
        }

        static Rule assembly(Placement placement, String text) {
            return new Rule(text, Program.parse(text.replace("; ", "\n")), placement, false);
        }

        @Override
        public String toString() {
            return text;
        }
    }

    boolean isInKernel() {
        return transport != Transport.NIO_UDP && offload != Offload.NEVER;
    }

    /** {@return how the reason begins why the channel cannot be filtered, or null if it can} */
    @Nullable
    String refusal() {
        if (offload == Offload.REQUIRED && transport == Transport.NIO_UDP) {
            return "NioDatagramChannel takes no filter (expected: an epoll or io_uring channel)";
        } else if (rule.readsDestination && bound == Bound.WILDCARD) {
            if (!isInKernel() || (reading == Reading.LIVE && offload == Offload.AUTO)) {
                return "the program reads the destination address, and the channel is bound to ";
            } else if (reading == Reading.LIVE) {
                return "the channel is bound, and the pipeline cannot judge what is queued as the kernel would";
            }
        }
        return null;
    }

    Location location() {
        return !isInKernel()
                ? Location.PIPELINE
                : reading == Reading.LIVE ? Location.KERNEL_AND_PIPELINE : Location.KERNEL;
    }
}
