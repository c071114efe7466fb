package io.github.nettybpf.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.nettybpf.core.Placement;
import io.github.nettybpf.expression.FilterExpression;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.DatagramPacket;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

/** Expressions in the running kernel, on a UDP socket that hears from several addresses and ports. */
class UdpExpressionTest {
    private static final String[] ADDRESSES = {"127.0.0.1", "127.0.0.2", "::1"};
    private static final String[] OPERATORS = {" and ", " or "};

    /** A datagram that is sent for each expression; its first byte is its place in the list. */
    private record Sent(DatagramSocket socket, String from, int port, String to, int first, int length) {
        boolean isIp6() {
            return from.contains(":");
        }
    }

    /** An expression, and what it means, said in Java. */
    private record Meaning(String text, Predicate<Sent> test) {}

    private final Random random = new Random(Long.getLong("bpf.seed", 1));
    private final List<Sent> sent = new ArrayList<>();
    private final Set<Integer> received = new ConcurrentSkipListSet<>();
    private int port;

    @Test
    void theKernelAcceptsWhatTheExpressionsMean() throws Exception {
        EventLoopGroup group = Transport.EPOLL_UDP.group();
        try {
            Channel channel = new Bootstrap()
                    .group(group)
                    .channel(Transport.EPOLL_UDP.channel)
                    .option(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(2048))
                    .handler(new SimpleChannelInboundHandler<DatagramPacket>() {
                        @Override
                        protected void channelRead0(ChannelHandlerContext context, DatagramPacket packet) {
                            received.add((int) packet.content().getByte(0));
                        }
                    })
                    .bind(0)
                    .sync()
                    .channel();
            port = ((InetSocketAddress) channel.localAddress()).getPort();
            prepare();
            for (int i = 0; i < 300; i++) {
                Meaning meaning = i < 60 ? primitive() : combined(3);
                compare(channel, meaning);
            }
            channel.close().sync();
        } finally {
            for (Sent datagram : sent) {
                datagram.socket.close();
            }
            group.shutdownGracefully(0, 0, TimeUnit.SECONDS).sync();
        }
    }

    /** Makes four sockets for each address, each with a datagram of its own. */
    private void prepare() {
        for (String from : ADDRESSES) {
            for (int i = 0; i < 4; i++) {
                int length = 1 + random.nextInt(40);
                String to = from.equals("::1") ? from : ADDRESSES[i % 2];
                try {
                    DatagramSocket socket = new DatagramSocket(0, InetAddress.getByName(from));
                    sent.add(new Sent(socket, from, socket.getLocalPort(), to, sent.size(), length));
                } catch (IOException e) {
                    System.out.println("not sent: datagrams from " + from + ", because of: " + e.getMessage());
                    break;
                }
            }
        }
    }

    private void compare(Channel channel, Meaning meaning) throws Exception {
        SocketFilters.attach(channel, FilterExpression.compile(meaning.text, Placement.UDP_SOCKET));
        long before = SocketFilters.drops(channel);
        received.clear();
        for (Sent datagram : sent) {
            InetSocketAddress to = new InetSocketAddress(InetAddress.getByName(datagram.to), port);
            byte[] payload = new byte[datagram.length];
            payload[0] = (byte) datagram.first;
            datagram.socket.send(new java.net.DatagramPacket(payload, payload.length, to));
        }
        Transport.await(
                () -> meaning.text + ": " + received + " came, and " + (SocketFilters.drops(channel) - before)
                        + " were dropped",
                () -> received.size() + SocketFilters.drops(channel) - before == sent.size());
        Set<Integer> expected = new TreeSet<>();
        for (int i = 0; i < sent.size(); i++) {
            if (meaning.test.test(sent.get(i))) {
                expected.add(i);
            }
        }
        assertEquals(expected, new TreeSet<>(received), meaning.text);
        assertTrue(sent.size() >= 8, "datagrams over IPv4 at least");
    }

    private Meaning combined(int depth) {
        if (depth == 0 || random.nextInt(5) == 0) {
            return primitive();
        }
        Meaning left = combined(depth - 1);
        if (random.nextInt(4) == 0) {
            return new Meaning("not (" + left.text + ")", left.test.negate());
        }
        Meaning right = combined(depth - 1);
        boolean and = random.nextBoolean();
        String text = "(" + left.text + ")" + OPERATORS[and ? 0 : 1] + "(" + right.text + ")";
        return new Meaning(text, and ? left.test.and(right.test) : left.test.or(right.test));
    }

    private Meaning primitive() {
        Sent any = sent.get(random.nextInt(sent.size()));
        int number = random.nextInt(50);
        return switch (random.nextInt(13)) {
            case 0 -> new Meaning("src host " + any.from, s -> s.from.equals(any.from));
            case 1 -> new Meaning("dst host " + any.to, s -> s.to.equals(any.to));
            case 2 -> new Meaning("host " + any.from, s -> s.from.equals(any.from) || s.to.equals(any.from));
            case 3 -> new Meaning("src port " + any.port, s -> s.port == any.port);
            case 4 -> new Meaning("udp port " + any.port + " or 9", s -> s.port == any.port);
            case 5 -> new Meaning("src portrange " + any.port + "-65535 and dst port " + port, s -> s.port >= any.port);
            case 6 -> new Meaning("src net 127.0.0.0/31", s -> s.from.equals("127.0.0.1"));
            case 7 ->
                new Meaning(
                        "net 127.0.0.2 mask 255.0.0.3", s -> s.from.equals("127.0.0.2") || s.to.equals("127.0.0.2"));
            case 8 -> new Meaning("udp[4:2] > " + number, s -> 8 + s.length > number);
            case 9 -> new Meaning("less " + number, s -> 8 + s.length <= number);
            case 10 -> new Meaning("udp[8] & 3 = " + number % 4, s -> (s.first & 3) == number % 4);
            case 11 -> new Meaning(number % 2 == 0 ? "ip" : "ip6", s -> s.isIp6() == (number % 2 != 0));
            default -> new Meaning("ip[9] = 17 and src net 127 or ip6[6] = 17 and not dst host fe80::1", s -> true);
        };
    }
}
