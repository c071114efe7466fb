package io.github.nettybpf.netty.listener;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.nettybpf.core.Placement;
import io.github.nettybpf.expression.FilterExpression;
import io.github.nettybpf.netty.Offload;
import io.github.nettybpf.netty.reuseport.ReusePortGroup;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A process without CAP_NET_ADMIN, which Linux asks for where the socket is one of TCP: a JVM of its own, without it. */
class WithoutNetAdminTest {
    private static final Path SETPRIV = Path.of("/usr/bin/setpriv");
    private static final String REFUSED =
            "SO_ATTACH_FILTER: not permitted (EPERM): a filter of a TCP socket needs CAP_NET_ADMIN";

    @Test
    void autoResetsWhatIsAcceptedAndRequiredFails() throws Exception {
        assumeTrue(Epoll.isAvailable(), () -> "no epoll: " + Epoll.unavailabilityCause());
        List<String> command = new ArrayList<>(withoutTheRight());
        command.addAll(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                WithoutNetAdmin.class.getName()));
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), output);
        assumeTrue(!output.startsWith("permitted"), "the kernel or this process lets everybody filter a TCP socket");
        assertEquals(
                "REQUIRED: " + REFUSED + "\nAUTO: " + REFUSED + "\nreset: 1\ngroup: 2 listeners, one replaced\n",
                output);
    }

    /** {@return what takes the capability from a command, or nothing where an ordinary user has none} */
    private static List<String> withoutTheRight() throws IOException, InterruptedException {
        if (!System.getProperty("user.name").equals("root")) {
            return List.of();
        }
        assumeTrue(Files.isExecutable(SETPRIV), () -> "no " + SETPRIV);
        List<String> dropping = List.of(SETPRIV.toString(), "--bounding-set", "-net_admin", "--inh-caps", "-net_admin");
        List<String> attempt = new ArrayList<>(dropping);
        attempt.add("true");
        assumeTrue(new ProcessBuilder(attempt).start().waitFor() == 0, "this user cannot give up capabilities");
        return dropping;
    }

    /** Prints what becomes of the binds, and of a connection that is unwanted. */
    static final class WithoutNetAdmin {
        public static void main(String[] args) throws IOException {
            var unwanted = FilterExpression.compile("src host 127.0.0.2", Placement.TCP_SOCKET);
            MultiThreadIoEventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
            ChannelFuture bound = bind(
                    loop,
                    ListenerFilter.builder(unwanted).offload(Offload.REQUIRED).build());
            if (bound.isSuccess()) {
                System.out.println("permitted");
                System.exit(0);
            }
            System.out.println("REQUIRED: " + bound.cause().getMessage());
            ListenerFilter auto = ListenerFilter.dropping(unwanted);
            Channel listener = bind(loop, auto).channel();
            System.out.println("AUTO: " + auto.whyNotInKernel(listener));
            int port = ((InetSocketAddress) listener.localAddress()).getPort();
            try (java.net.Socket client = new java.net.Socket(
                    InetAddress.getLoopbackAddress(), port, InetAddress.getByAddress(new byte[] {127, 0, 0, 2}), 0)) {
                client.getInputStream().read();
            } catch (IOException reset) {
                System.out.println("reset: " + auto.resetConnections());
            }
            group();
            loop.shutdownGracefully(0, 10, TimeUnit.SECONDS).syncUninterruptibly();
        }

        /** Listeners are steered without the right. */
        private static void group() {
            MultiThreadIoEventLoopGroup loops = new MultiThreadIoEventLoopGroup(2, EpollIoHandler.newFactory());
            ServerBootstrap bootstrap = new ServerBootstrap()
                    .group(loops)
                    .channel(EpollServerSocketChannel.class)
                    .childHandler(new ChannelInboundHandlerAdapter());
            ReusePortGroup group = ReusePortGroup.builder(bootstrap, 2)
                    .offload(Offload.REQUIRED)
                    .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                    .syncUninterruptibly()
                    .getNow();
            group.replace(0).syncUninterruptibly();
            System.out.println("group: " + group.channels().size() + " listeners, one replaced");
            group.close().syncUninterruptibly();
            loops.shutdownGracefully(0, 10, TimeUnit.SECONDS).syncUninterruptibly();
        }

        private static ChannelFuture bind(MultiThreadIoEventLoopGroup loop, ListenerFilter filter) {
            return new ServerBootstrap()
                    .group(loop)
                    .channel(EpollServerSocketChannel.class)
                    .handler(filter)
                    .childHandler(new ChannelInboundHandlerAdapter())
                    .bind(InetAddress.getLoopbackAddress(), 0)
                    .awaitUninterruptibly();
        }
    }
}
