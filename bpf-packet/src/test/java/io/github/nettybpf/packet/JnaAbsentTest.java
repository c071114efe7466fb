package io.github.nettybpf.packet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.nettybpf.core.Program;
import io.github.nettybpf.netty.BpfFilterHandler;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollIoHandler;
import java.io.File;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * Without JNA on the class path, handlers filter in the kernel, and binding a packet channel fails with a message that
 * names the artifact.
 */
class JnaAbsentTest {
    @Test
    void packetChannelsNameTheArtifactAndHandlersDoWithoutIt() throws Exception {
        assumeTrue(Epoll.isAvailable(), () -> "no epoll: " + Epoll.unavailabilityCause());
        String classPath = Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> !entry.contains("jna"))
                .collect(Collectors.joining(File.pathSeparator));
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        classPath,
                        JnaAbsentTest.class.getName())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        assertEquals(
                List.of(
                        "KERNEL",
                        "java.net.SocketException: no packet sockets without JNA (expected: net.java.dev.jna:jna-jpms, or jna,"
                                + " on the class or module path): java.lang.NoClassDefFoundError: com/sun/jna/Pointer"),
                said.lines()
                        .map(line -> line.replaceFirst("jna/\\w+$", "jna/Pointer"))
                        .toList());
    }

    /** Prints where a UDP channel is filtered, and why a packet channel is not bound. */
    public static void main(String[] args) throws InterruptedException {
        MultiThreadIoEventLoopGroup group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
        BpfFilterHandler handler = new BpfFilterHandler(Program.parse("ret #-1"));
        InetSocketAddress loopback = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        bind(group, EpollDatagramChannel.class, handler, loopback).sync();
        System.out.println(handler.stats().location());
        BpfFilterHandler onFrames = new BpfFilterHandler(Program.parse("ret #-1"));
        System.out.println(bind(group, PacketChannel.class, onFrames, PacketAddress.of("lo"))
                .await()
                .cause());
        group.shutdownGracefully().sync();
    }

    private static ChannelFuture bind(
            MultiThreadIoEventLoopGroup group,
            Class<? extends Channel> kind,
            ChannelHandler handler,
            SocketAddress to) {
        return new Bootstrap().group(group).channel(kind).handler(handler).bind(to);
    }
}
