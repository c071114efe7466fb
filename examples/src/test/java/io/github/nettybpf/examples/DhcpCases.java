package io.github.nettybpf.examples;

import io.github.nettybpf.core.Program;
import io.github.nettybpf.packet.PacketFrame;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A DHCP client that sends the messages of all cases on v0, and prints what was answered, a line per case. After each
 * message it sends a DISCOVER of another client, and waits for the answer to that: servers answer in order, so a message
 * without an answer by then has none.
 */
final class DhcpCases {
    private static final Program ANSWERS = Program.parse("""
                  ldh [12]
                  jne #0x0800, drop
                  ldb [23]
                  jne #17, drop
                  ldh [36]
                  jne #68, drop
                  ret #-1
            drop: ret #0
            """);

    private static final DhcpCase LAST = new DhcpCase(200, "", List.of(), "");
    private static final int LAST_XID = 0x7000_0000;
    private static final int PATIENCE_SECONDS = 60;

    private final BlockingQueue<DhcpMessage> answers = new LinkedBlockingQueue<>();
    private final Channel channel;
    private int messages;

    private DhcpCases() throws InterruptedException {
        channel = JunkFrames.open("v0", ANSWERS, new FrameHandler(event -> System.out.println(event.text())) {
            @Override
            void read(ChannelHandlerContext ctx, PacketFrame frame) throws MalformedPacketException {
                answers.add(DhcpMessage.parse(UdpFrame.parse(frame.content(), !frame.isChecksumNotReady())
                        .payload()));
            }
        });
    }

    /** Sends the cases or, with an argument, that many DISCOVERs of clients that are all different. */
    public static void main(String[] args) throws Exception {
        try {
            DhcpCases client = new DhcpCases();
            if (args.length > 0) {
                client.discoverOften(Integer.parseInt(args[0]));
            } else {
                for (DhcpCase each : DhcpCase.all()) {
                    System.out.println("= " + each.rule() + " | " + client.answers(each));
                }
            }
        } catch (IllegalStateException e) {
            System.out.println(e.getMessage());
            System.exit(1);
        }
        System.exit(0);
    }

    private void discoverOften(int count) throws InterruptedException {
        for (int i = 0; i < count; i++) {
            exchange(LAST, "DISCOVER chaddr=%012x".formatted(0x0200_0100_0000L + i), Ip4.ANY);
        }
        System.out.println("answered to the end");
    }

    private String answers(DhcpCase each) throws InterruptedException {
        List<String> texts = new ArrayList<>();
        Ip4 address = Ip4.ANY;
        for (String message : each.messages()) {
            DhcpMessage answer = exchange(each, message, address);
            if (answer == null) {
                texts.add("-");
                continue;
            }
            texts.add(answer.name() + granted(sent(each, message, address), answer));
            address = answer.yiaddr().isAny() ? address : answer.yiaddr();
        }
        return String.join(", ", texts);
    }

    private static String granted(@Nullable DhcpMessage asked, DhcpMessage answer) {
        if (asked == null) {
            return "";
        }
        Ip4 wanted = asked.options().address(DhcpOptions.REQUESTED_ADDRESS).orElse(asked.ciaddr());
        boolean granted = !answer.yiaddr().isAny() && answer.yiaddr().equals(wanted);
        boolean echoed = answer.op() == DhcpMessage.BOOTREPLY && answer.chaddr().equals(asked.chaddr());
        return (granted ? "*" : "") + (echoed ? "" : " (to another client)");
    }

    /** {@return what was sent, or null if it is no message that could be read} */
    private @Nullable DhcpMessage sent(DhcpCase each, String message, Ip4 address) {
        try {
            String plain = message.replaceAll(" (vlan=[0-9a-f]+|ipoptions)", "");
            return DhcpMessage.parse(
                    each.frame(plain, messages, address).skipBytes(42).slice());
        } catch (MalformedPacketException e) {
            return null;
        }
    }

    private @Nullable DhcpMessage exchange(DhcpCase each, String message, Ip4 address) throws InterruptedException {
        messages++;
        channel.write(each.frame(message, messages, address));
        channel.writeAndFlush(LAST.frame("DISCOVER flags=8000", LAST_XID + messages, Ip4.ANY));
        DhcpMessage found = null;
        while (true) {
            DhcpMessage answer = answers.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
            if (answer == null) {
                throw new IllegalStateException("no answer any more after " + each.rule() + ": " + message);
            }
            if (answer.xid() == LAST_XID + messages) {
                return found;
            }
            found = answer.xid() == messages ? answer : found;
        }
    }
}
