package io.github.nettybpf.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.github.nettybpf.core.Program;
import io.github.nettybpf.netty.FilterStats.Location;
import io.netty.channel.Channel;
import io.netty.util.concurrent.Future;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Programs that take the place of others in the kernel, while packets are queued that those have cut. */
class ReplacedProgramTest {
    private static final String REPLACING = "replaced; what was queued passes as it was judged before";

    /** {@return a program that looks at the fifth byte of the payload, and keeps so many bytes of it} */
    private static Program keeping(int bytes) {
        return Program.parse("ldb [12]\njeq #1, keep\nret #0\nkeep: ret #" + (8 + bytes));
    }

    private static void doNotRead(Channel channel) {
        channel.config().setAutoRead(false);
    }

    @ParameterizedTest
    @EnumSource(names = {"EPOLL_UDP", "IO_URING_UDP"})
    void whatWasCutIsNotJudgedAgain(Transport transport) throws Exception {
        BpfFilterHandler handler = new BpfFilterHandler(keeping(3));
        try (FilteredReceiver receiver = new FilteredReceiver(transport, handler, ReplacedProgramTest::doNotRead)) {
            receiver.bind().sync();
            receiver.send("0203040501", "0203040502");
            Future<Void> replaced = handler.replace(keeping(2));
            receiver.channel.eventLoop().submit(() -> {}).sync();
            receiver.send("0304050601", "0304050602", "03040506");
            assertEquals(REPLACING, handler.stats().reason());
            assertFalse(replaced.isDone(), "what was judged by the program before is queued");
            assertEquals(Location.KERNEL, handler.stats().location());
            receiver.channel.config().setAutoRead(true);
            assertEquals("020304", receiver.next());
            assertEquals("0304", receiver.next());
            replaced.sync();
            assertEquals("replaced", handler.stats().reason());
            receiver.send("0405060701", "0405060702");
            assertEquals("0405", receiver.next());
            assertEquals(List.of(), List.copyOf(receiver.received));
            assertEquals(3, handler.stats().accepted());
            assertEquals(0, handler.stats().dropped());
        }
    }

    @Test
    void aReplacementBeforeTheOtherIsInForceTakesItsPlace() throws Exception {
        Transport transport = Transport.EPOLL_UDP;
        BpfFilterHandler handler = new BpfFilterHandler(keeping(3));
        try (FilteredReceiver receiver = new FilteredReceiver(transport, handler, ReplacedProgramTest::doNotRead)) {
            receiver.bind().sync();
            receiver.send("0203040501");
            List<Future<Void>> replacements = new ArrayList<>();
            for (int kept = 4; kept > 0; kept--) {
                replacements.add(handler.replace(keeping(kept)));
                receiver.channel.eventLoop().submit(() -> {}).sync();
                receiver.send("0" + kept + "03040501");
            }
            receiver.channel.config().setAutoRead(true);
            List<String> passed = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                passed.add(receiver.next());
            }
            assertEquals(List.of("020304", "04030405", "030304", "0203", "01"), passed);
            replacements.get(3).sync();
            for (Future<Void> other : replacements.subList(0, 3)) {
                assertEquals(
                        "the program was not put in force: " + REPLACING,
                        other.await().cause().getMessage());
            }
        }
    }

    /** Where nothing was cut, both judge, so that the new program is in force for what was queued, too. */
    @Test
    void whatWasNotCutIsJudgedByBoth() throws Exception {
        BpfFilterHandler handler = new BpfFilterHandler(Program.parse("ldb [8]\njeq #1, keep\nret #0\nkeep: ret #-1"));
        try (FilteredReceiver receiver =
                new FilteredReceiver(Transport.EPOLL_UDP, handler, ReplacedProgramTest::doNotRead)) {
            receiver.bind().sync();
            receiver.send("0101", "0102", "0201");
            handler.replace(Program.parse("ldb [9]\njeq #1, keep\nret #0\nkeep: ret #-1"))
                    .sync();
            receiver.send("0301", "0302");
            receiver.channel.config().setAutoRead(true);
            assertEquals("0101", receiver.next());
            assertEquals("0301", receiver.next());
            assertEquals(1, handler.stats().dropped());
        }
    }

    /** Replacements follow one another faster than they are in force. */
    @ParameterizedTest
    @EnumSource(names = {"EPOLL_UDP", "IO_URING_UDP"})
    void nothingIsLostOfAFlow(Transport transport) throws Exception {
        BpfFilterHandler handler = new BpfFilterHandler(keeping(4));
        try (FilteredReceiver receiver = new FilteredReceiver(transport, handler, channel -> {})) {
            receiver.bind().sync();
            Future<Void> last = receiver.channel.newSucceededFuture();
            List<String> sent = new ArrayList<>();
            List<String> received = new ArrayList<>();
            for (int round = 0; round < 100; round++) {
                String[] packets = new String[20];
                for (int i = 0; i < packets.length; i += 2) {
                    packets[i] = String.format("%08x01ff", round * packets.length + i);
                    packets[i + 1] = String.format("%08x02ff", round * packets.length + i);
                    sent.add(packets[i].substring(0, 8));
                }
                receiver.send(packets);
                last = handler.replace(keeping(4 + round % 2));
                while (received.size() + 20 < sent.size()) {
                    received.add(receiver.next().substring(0, 8));
                }
            }
            last.sync();
            while (received.size() < sent.size()) {
                received.add(receiver.next().substring(0, 8));
            }
            assertEquals(sent, received);
            assertEquals(List.of(), List.copyOf(receiver.received));
            assertEquals(0, handler.stats().dropped());
        }
    }
}
