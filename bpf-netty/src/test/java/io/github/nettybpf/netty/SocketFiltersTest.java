package io.github.nettybpf.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.nettybpf.core.Instruction.ReturnConstant;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.core.RandomPrograms;
import io.github.nettybpf.netty.SocketFilterException.Reason;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import java.io.IOException;
import java.util.Collections;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SocketFiltersTest {
    private static final Program ALL = Program.parse("ret #-1");

    interface OnChannel {
        void run(Channel channel) throws Exception;
    }

    static void on(Transport transport, OnChannel test) throws Exception {
        MultiThreadIoEventLoopGroup group = transport.group();
        try {
            Channel channel = new Bootstrap()
                    .group(group)
                    .channel(transport.channel)
                    .handler(new ChannelInboundHandlerAdapter())
                    .register()
                    .sync()
                    .channel();
            test.run(channel);
            channel.close().sync();
        } finally {
            group.shutdownGracefully(0, 0, java.util.concurrent.TimeUnit.SECONDS)
                    .sync();
        }
    }

    /** {@return as long a program as fits into the memory of a socket}, which is 20,480 bytes before Linux 6.8. */
    private static Program longest() throws IOException {
        // Other kernels take a little more for a filter.
        int memory = Transport.optionMemory() / 8 * 7;
        int size = Program.MAX_SIZE;
        while (returns(size).kernelCost() > memory) {
            size -= 16;
        }
        return returns(size);
    }

    private static Program returns(int size) {
        return Program.of(Collections.nCopies(size, new ReturnConstant(-1)));
    }

    private static Reason reason(org.junit.jupiter.api.function.Executable executable) {
        return assertThrows(SocketFilterException.class, executable).reason();
    }

    @ParameterizedTest
    @EnumSource(names = "NIO_UDP", mode = EnumSource.Mode.EXCLUDE)
    void whatIsAttachedIsReadBack(Transport transport) throws Exception {
        on(transport, channel -> {
            assertEquals(Optional.empty(), SocketFilters.read(channel));
            RandomPrograms random = new RandomPrograms(5);
            for (int i = 0; i < 300; i++) {
                Program program = random.program();
                SocketFilters.attach(channel, program);
                assertEquals(
                        program.raw(), SocketFilters.read(channel).orElseThrow().raw());
            }
            // While a filter is replaced, the socket has the memory of both.
            SocketFilters.detach(channel);
            Program longest = longest();
            SocketFilters.attach(channel, longest);
            assertEquals(longest, SocketFilters.read(channel).orElseThrow());
            SocketFilters.detach(channel);
            assertEquals(Optional.empty(), SocketFilters.read(channel));
            assertEquals(0, SocketFilters.drops(channel));
        });
    }

    @ParameterizedTest
    @EnumSource(names = "NIO_UDP", mode = EnumSource.Mode.EXCLUDE)
    void failuresAreTyped(Transport transport) throws Exception {
        on(transport, channel -> {
            assertEquals(Reason.NOT_ATTACHED, reason(() -> SocketFilters.detach(channel)));
            Program costly = Transport.tooCostly(Program.parse("ldh [12]\n".repeat(4000) + "ret a"));
            SocketFilterException full =
                    assertThrows(SocketFilterException.class, () -> SocketFilters.attach(channel, costly));
            assertEquals(Reason.NO_MEMORY, full.reason());
            assertTrue(
                    full.getMessage()
                            .matches(
                                    "SO_ATTACH_FILTER: the socket's option memory is full \\(ENOMEM\\): the filter costs "
                                            + costly.kernelCost() + " bytes; net.core.optmem_max is \\d{4,}"),
                    full.getMessage());
            assertEquals(Optional.empty(), SocketFilters.read(channel));
            SocketFilters.attach(channel, ALL);
            SocketFilters.lock(channel);
            assertEquals(Reason.LOCKED, reason(() -> SocketFilters.attach(channel, ALL)));
            assertEquals(Reason.LOCKED, reason(() -> SocketFilters.detach(channel)));
            assertEquals(ALL, SocketFilters.read(channel).orElseThrow());
            channel.close().sync();
            assertEquals(Reason.CLOSED, reason(() -> SocketFilters.attach(channel, ALL)));
            assertEquals(Reason.CLOSED, reason(() -> SocketFilters.drops(channel)));
        });
    }

    @Test
    void nioTakesNoFilter() throws Exception {
        on(Transport.NIO_UDP, channel -> {
            SocketFilterException e =
                    assertThrows(SocketFilterException.class, () -> SocketFilters.attach(channel, ALL));
            assertEquals(Reason.UNSUPPORTED, e.reason());
            assertEquals(
                    "SO_ATTACH_FILTER on NioDatagramChannel (expected: an epoll or io_uring channel on Linux)",
                    e.getMessage());
            assertEquals(Reason.UNSUPPORTED, reason(() -> SocketFilters.read(channel)));
        });
    }
}
