package io.github.nettybpf.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.nettybpf.core.Placement;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.netty.FilterStats.Location;
import io.github.nettybpf.netty.SocketFilterException.Reason;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelConfig;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.unix.IntegerUnixChannelOption;
import java.io.IOException;
import java.lang.reflect.Field;
import java.net.InetSocketAddress;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.mockito.ArgumentMatchers;
import org.mockito.Mockito;

/** Real sockets where the kernel cannot run the program, or the pipeline: nothing ever runs unfiltered. */
class OffloadRefusedTest {
    private static final IntegerUnixChannelOption UDP_GRO = new IntegerUnixChannelOption("UDP_GRO", 17, 104);

    private static Consumer<Channel> obstacle(String name) {
        return switch (name) {
            case "locked" -> SocketFilters::lock;
            case "gro" -> channel -> channel.config().setOption(UDP_GRO, 1);
            default -> channel -> {};
        };
    }

    private static BpfFilterHandler obstructed(String name, Offload offload) throws IOException {
        String program =
                switch (name) {
                    case "memory" -> "ldh [0]\n".repeat(2000) + FilteredReceiver.ON_UDP;
                    case "refused" -> "ldh [0]\n".repeat(4000) + FilteredReceiver.ON_UDP;
                    case "other placement" -> "ldb [22]\njne #1, no\nret #25\nno: ret #0";
                    default -> FilteredReceiver.ON_UDP;
                };
        Program parsed = Program.parse(program);
        BpfFilterHandlerBuilder builder = BpfFilterHandler.builder(
                        name.equals("memory") ? Transport.tooCostly(parsed) : parsed)
                .offload(offload);
        return (name.equals("other placement") ? builder.placement(Placement.ETHERNET) : builder).build();
    }

    private static Transport transport(String obstacle) {
        return obstacle.equals("nio") ? Transport.NIO_UDP : Transport.EPOLL_UDP;
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "locked, LOCKED",
        "memory, NO_MEMORY",
        "refused, REFUSED",
        "gro, NOT_APPLICABLE",
        "nio, UNSUPPORTED",
        "other placement, NOT_APPLICABLE"
    })
    void requiredNeverRunsUnfiltered(String obstacle, Reason reason) throws Exception {
        BpfFilterHandler handler = obstructed(obstacle, Offload.REQUIRED);
        try (FilteredReceiver receiver = new FilteredReceiver(transport(obstacle), handler, obstacle(obstacle))) {
            ChannelFuture bound = receiver.bind();
            assertFalse(bound.isSuccess());
            assertEquals(reason, ((SocketFilterException) bound.cause()).reason());
            bound.channel().closeFuture().sync();
        }
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "locked | SO_ATTACH_FILTER: the filter is locked (SO_LOCK_FILTER)",
                "memory | SO_ATTACH_FILTER: the socket's option memory is full (ENOMEM)",
                "refused | SO_ATTACH_FILTER: the kernel refuses the program (EINVAL)",
                "gro | UDP_GRO is on: the kernel would judge several datagrams at once",
                "nio | NioDatagramChannel takes no filter (expected: an epoll or io_uring channel)",
            })
    void autoFallsBackAndSaysWhy(String obstacle, String reason) throws Exception {
        BpfFilterHandler handler = obstructed(obstacle, Offload.AUTO);
        try (FilteredReceiver receiver = new FilteredReceiver(transport(obstacle), handler, obstacle(obstacle))) {
            receiver.bind().sync();
            receiver.assertFilters();
            assertEquals(Location.PIPELINE, handler.stats().location());
            assertTrue(
                    handler.stats().reason().startsWith(reason), handler.stats().reason());
        }
    }

    /** Makes the channel behave as on gVisor: attaching succeeds, and there is no filter. */
    private static void lie(Channel channel) {
        ChannelConfig config = Mockito.spy(channel.config());
        Mockito.doReturn(true)
                .when(config)
                .setOption(
                        ArgumentMatchers.<ChannelOption<Object>>argThat(
                                option -> option != null && option.name().equals("SO_ATTACH_FILTER")),
                        ArgumentMatchers.any());
        try {
            Field field = EpollDatagramChannel.class.getDeclaredField("config");
            field.setAccessible(true);
            field.set(channel, config);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    @ParameterizedTest
    @EnumSource(value = Offload.class, names = "NEVER", mode = EnumSource.Mode.EXCLUDE)
    void aKernelThatOnlyPretendsIsFoundOut(Offload offload) throws Exception {
        BpfFilterHandler handler = FilteredReceiver.handler(Transport.EPOLL_UDP, offload);
        try (FilteredReceiver receiver = new FilteredReceiver(Transport.EPOLL_UDP, handler, OffloadRefusedTest::lie)) {
            ChannelFuture bound = receiver.bind();
            if (offload == Offload.REQUIRED) {
                assertEquals(Reason.NOT_INSTALLED, ((SocketFilterException) bound.cause()).reason());
                bound.channel().closeFuture().sync();
            } else {
                bound.sync();
                receiver.assertFilters();
                assertEquals(Location.PIPELINE, handler.stats().location());
                assertEquals(
                        "SO_ATTACH_FILTER succeeded, but the filter read back is not the program (expected: a kernel that"
                                + " filters)",
                        handler.stats().reason());
            }
        }
    }

    /** A connect without a local address keeps the one of the bind. */
    @ParameterizedTest
    @CsvSource({"EPOLL_UDP", "IO_URING_UDP", "NIO_UDP"})
    void aBoundChannelMayBeConnectedWhereTheDestinationIsRead(Transport transport) throws Exception {
        Program toLoopback = Program.parse(
                "ldb [0xfff00000]\nand #0xf0\njne #0x40, no\nld [0xfff00010]\njne #0x7f000001, no\nret #-1\nno: ret #0");
        BpfFilterHandler handler =
                BpfFilterHandler.builder(toLoopback).offload(Offload.NEVER).build();
        try (FilteredReceiver receiver = new FilteredReceiver(transport, handler, ch -> {})) {
            receiver.channel =
                    receiver.bootstrap.bind(transport.anyAddress()).sync().channel();
            receiver.channel.connect(receiver.channel.localAddress()).sync();
            receiver.channel
                    .writeAndFlush(Unpooled.wrappedBuffer(new byte[] {1}))
                    .sync();
            assertEquals("01", receiver.next());
        }
    }

    @Test
    void theDestinationOfAWildcardSocketIsNotMadeUp() throws Exception {
        BpfFilterHandler handler = BpfFilterHandler.builder(
                        Program.parse("ldb [0xfff00000]\nand #0xf0\njne #0x40, no\nld [0xfff00010]\nret a\nno: ret #0"))
                .offload(Offload.NEVER)
                .build();
        try (FilteredReceiver receiver = new FilteredReceiver(Transport.NIO_UDP, handler, ch -> {})) {
            ChannelFuture bound =
                    receiver.bootstrap.bind(new InetSocketAddress("0.0.0.0", 0)).await();
            assertFalse(bound.isSuccess());
            assertTrue(bound.cause()
                    .getMessage()
                    .startsWith("the program reads the destination address, and the channel"
                            + " is bound to /0.0.0.0:0: a pipeline does not know the one that a packet was sent to"));
        }
    }
}
