package io.github.nettybpf.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.nettybpf.core.Filter;
import io.github.nettybpf.core.Placement;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.core.address.AddressSet;
import io.github.nettybpf.expression.FilterExpression;
import io.github.nettybpf.netty.source.FilterRule;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
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
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

/**
 * Expressions in the running kernel and in the pipeline, on a UDP socket that receives from several addresses and ports:
 * IPv4, which is v4-mapped on its IPv6 socket, and IPv6.
 */
class UdpExpressionTest {
    private static final String[] ADDRESSES = {"127.0.0.1", "127.0.0.2", "::1"};
    private static final String[] OPERATORS = {" and ", " or "};
    private static final FilterExpression.Options OPTIONS = FilterExpression.Options.DEFAULT
            .withRejectingAll()
            .withSet("local", AddressSet.of("127.0.0.1", "::1"))
            .withSet("second", AddressSet.of("127.0.0.2-127.0.0.9", "2001:db8::/32"));

    /** A datagram that is sent for each expression; its first byte is its place in the list. */
    private record Sent(DatagramSocket socket, String from, int port, String to, int first, int length) {
        boolean isIp6() {
            return from.contains(":");
        }

        boolean isFromLocal() {
            return !from.equals("127.0.0.2");
        }

        boolean isToLocal() {
            return !to.equals("127.0.0.2");
        }
    }

    /** An expression, and what it means, said in Java. */
    private record Meaning(String text, Predicate<Sent> test) {}

    private final Random random = new Random(Long.getLong("bpf.seed", 1));
    private final List<Sent> sent = new ArrayList<>();
    private final Set<Integer> received = new ConcurrentSkipListSet<>();
    private int port;

    @Test
    void kernelAndPipelineAcceptWhatTheExpressionsMean() throws Exception {
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
                Meaning meaning = i < 90 ? primitive() : combined(3);
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
        Program program =
                FilterExpression.of(meaning.text, Placement.UDP_SOCKET, OPTIONS).program();
        SocketFilters.attach(channel, program);
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
        comparePipeline(channel, meaning, program, expected);
        assertTrue(sent.size() >= 8, "datagrams over IPv4 at least");
    }

    private void comparePipeline(Channel channel, Meaning meaning, Program program, Set<Integer> expected)
            throws IOException {
        if (meaning.text.contains("ip6[6]")) {
            return; // a byte of the header that extension headers change
        }
        assertEquals(Optional.empty(), PipelineSupport.whyNot(program, Placement.UDP_SOCKET), meaning.text);
        PipelineFilter pipeline = PipelineFilter.of(
                FilterRule.of(program),
                Placement.UDP_SOCKET,
                channel,
                Filter.of(program, PipelineFilter.kinds(Placement.UDP_SOCKET)),
                null);
        for (Sent datagram : sent) {
            byte[] payload = new byte[datagram.length];
            payload[0] = (byte) datagram.first;
            ByteBuf content = Unpooled.wrappedBuffer(payload);
            int kept = pipeline.keep(
                    new DatagramPacket(
                            content,
                            new InetSocketAddress(InetAddress.getByName(datagram.to), port),
                            new InetSocketAddress(InetAddress.getByName(datagram.from), datagram.port)),
                    content);
            // Of IPv6 a pipeline does not know the length in the UDP header.
            boolean unknown = kept == PipelineFilter.UNKNOWN && datagram.isIp6() && meaning.text.contains("udp[4:2]");
            if (!unknown) {
                assertEquals(expected.contains(datagram.first), kept >= 0, () -> meaning.text + ": " + datagram);
            }
        }
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
        return switch (random.nextInt(23)) {
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
            case 12 -> new Meaning("src host ::1", Sent::isIp6);
            case 13 -> new Meaning("not src host ::1", s -> !s.isIp6());
            case 14 -> new Meaning("dst host ::1", Sent::isIp6);
            case 15 -> new Meaning("src net 2001:db8::/32", s -> false);
            case 16 -> new Meaning("net ::/" + (1 + random.nextInt(127)), Sent::isIp6);
            case 17 -> new Meaning("ip6 multicast or src net ::/128", s -> false);
            case 18 -> new Meaning("src net @second", s -> !s.isFromLocal());
            case 19 -> new Meaning("not dst host @second", Sent::isToLocal);
            case 20 -> new Meaning("src and dst net @local", s -> s.isFromLocal() && s.isToLocal());
            case 21 ->
                new Meaning("ip net (@local or 10.0.0.1)", s -> !s.isIp6() && (s.isFromLocal() || s.isToLocal()));
            default -> new Meaning("ip[9] = 17 and src net 127 or ip6[6] = 17 and not dst host fe80::1", s -> true);
        };
    }
}
