package io.github.nettybpf.examples.servers;

import io.github.nettybpf.core.Program;
import io.github.nettybpf.examples.CommandLines;
import io.github.nettybpf.examples.Transports;
import io.github.nettybpf.netty.BpfFilterHandler;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.dns.DatagramDnsQuery;
import io.netty.handler.codec.dns.DatagramDnsQueryDecoder;
import io.netty.handler.codec.dns.DatagramDnsResponse;
import io.netty.handler.codec.dns.DatagramDnsResponseEncoder;
import io.netty.handler.codec.dns.DnsResponseCode;
import io.netty.handler.codec.dns.DnsSection;
import java.net.InetAddress;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/**
 * A DNS server whose codec never sees a malformed query, a response, or an ANY query, which amplification attacks
 * consist of. Try: {@code dig @127.0.0.1 -p 5300 example.org} and {@code dig @127.0.0.1 -p 5300 example.org ANY}.
 */
@Command(
        name = "DnsGuard",
        mixinStandardHelpOptions = true,
        description =
                "A DNS server that answers every query with REFUSED, and whose codec never sees a malformed query, a response, or an ANY query.")
public final class DnsGuard implements Callable<Integer> {
    /** The most labels that a query's name may have; queries with more are dropped. */
    private static final int LABELS = 32;

    @Parameters(
            arity = "0..1",
            paramLabel = "PORT",
            defaultValue = "5300",
            description = "The UDP port of 127.0.0.1 (default 5300; 0: any).")
    private int port;

    /**
     * {@return the program} It walks over the name label by label. A program cannot loop, so the loop is unrolled to
     * the maximum number of labels. A load beyond the end of the datagram drops it.
     */
    static Program program() {
        StringBuilder text = new StringBuilder("""
                ldb [10]              ; flags: QR and opcode, after UDP header and query id
                jset #0xf8, drop      ; a response, or not a standard query
                ldh [12]
                jne #1, drop          ; exactly one question
                ldx #12               ; the offset of its name in the payload
                """);
        for (int label = 0; label < LABELS; label++) {
            text.append("ldb [x + 8]\n jeq #0, ended\n jgt #63, drop\n add #1\n add x\n tax\n");
        }
        return Program.parse(text.append("""
                ja drop
                ended: ldh [x + 9]
                jeq #255, drop        ; ANY
                ldh [x + 11]
                jeq #1, keep          ; class IN
                drop: ret #0
                keep: ret #-1
                """));
    }

    /** Runs the server with the arguments that {@code --help} describes. */
    public static void main(String[] args) {
        System.exit(CommandLines.run(new DnsGuard(), args));
    }

    @Override
    public Integer call() throws InterruptedException {
        BpfFilterHandler filter = new BpfFilterHandler(program());
        Channel channel = new Bootstrap()
                .group(new MultiThreadIoEventLoopGroup(1, Transports.io()))
                .channel(Transports.datagram())
                .handler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel ch) {
                        ch.pipeline()
                                .addLast(
                                        filter,
                                        new DatagramDnsQueryDecoder(),
                                        new DatagramDnsResponseEncoder(),
                                        new Refuse());
                    }
                })
                .bind(InetAddress.getLoopbackAddress(), port)
                .sync()
                .channel();
        System.out.println(
                channel.localAddress() + ", filtered in " + filter.stats().location());
        channel.closeFuture().sync();
        return 0;
    }

    static final class Refuse extends SimpleChannelInboundHandler<DatagramDnsQuery> {
        @Override
        protected void channelRead0(ChannelHandlerContext ctx, DatagramDnsQuery query) {
            System.out.println("asked: " + query.recordAt(DnsSection.QUESTION));
            DatagramDnsResponse response = new DatagramDnsResponse(
                    /* sender= */ query.recipient(),
                    /* recipient= */ query.sender(),
                    query.id(),
                    query.opCode(),
                    DnsResponseCode.REFUSED);
            response.addRecord(DnsSection.QUESTION, query.recordAt(DnsSection.QUESTION));
            ctx.writeAndFlush(response);
        }
    }
}
