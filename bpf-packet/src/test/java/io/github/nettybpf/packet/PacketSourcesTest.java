package io.github.nettybpf.packet;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.nettybpf.core.Program;
import io.github.nettybpf.core.address.AddressSet;
import io.github.nettybpf.netty.BpfFilterHandler;
import io.github.nettybpf.netty.BpfFilterHandlerBuilder;
import io.github.nettybpf.netty.FilterStats.Location;
import io.github.nettybpf.netty.Offload;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Frames are judged by the source of their IP header, in the kernel as in the pipeline. */
@ExtendWith(InNamespace.class)
class PacketSourcesTest {
    private static final Program ALL = Program.parse("ret #-1");
    private static final int LAST = 0xffff;
    private static final String MACS = "020000000001020000000002";
    private static final List<String> SOURCES = List.of(
            "10.0.0.1", "10.0.0.2", "192.0.2.7", "255.255.255.255", "2001:db8::1", "2001:db8:0:1::1", "::1", "fe80::1");

    /** {@return a frame whose last two bytes are its number} */
    private static ByteBuf frame(String source, int tags, int number) throws Exception {
        byte[] address = InetAddress.getByName(source).getAddress();
        boolean isIpv4 = address.length == 4;
        ByteBuf frame = Unpooled.buffer(80).writeBytes(ByteBufUtil.decodeHexDump(MACS));
        for (int tag = 0; tag < tags; tag++) {
            frame.writeShort(0x8100).writeShort(100 + tag);
        }
        frame.writeShort(isIpv4 ? 0x0800 : 0x86dd);
        int ip = frame.writerIndex();
        frame.writeZero(48)
                .setByte(ip, isIpv4 ? 0x45 : 0x60)
                .setBytes(ip + (isIpv4 ? 12 : 8), address)
                .writeShort(number);
        return frame;
    }

    @ParameterizedTest
    @CsvSource({"AUTO, false", "NEVER, false", "AUTO, true", "NEVER, true"})
    void kernelAndPipelineJudgeAlike(Offload offload, boolean isAllowed) throws Exception {
        AddressSet set = AddressSet.of("10.0.0.2", "255.255.255.255", "2001:db8::/64", "::1");
        BpfFilterHandlerBuilder builder = BpfFilterHandler.builder(ALL).offload(offload);
        BpfFilterHandler handler = (isAllowed ? builder.allowSources(set) : builder.denySources(set)).build();
        Random random = new Random(1);
        List<Integer> expected = new ArrayList<>();
        List<Integer> received = new ArrayList<>();
        try (Tap a = new Tap().bind("a0");
                Tap b = new Tap(handler).bind("b0")) {
            assertEquals(
                    offload == Offload.AUTO ? Location.KERNEL : Location.PIPELINE,
                    handler.stats().location());
            for (int number = 0; number < 100; number++) {
                String source = SOURCES.get(random.nextInt(SOURCES.size()));
                // The kernel takes one tag out; of the others, two are looked behind.
                int tags = random.nextInt(5);
                boolean isListed = tags < 4 && set.contains(InetAddress.getByName(source));
                if (isListed == isAllowed) {
                    expected.add(number);
                }
                a.send(frame(source, tags, number));
            }
            // An ARP frame has no source: it is in no set.
            a.send(Unpooled.buffer(60)
                    .writeBytes(ByteBufUtil.decodeHexDump(MACS))
                    .writeShort(0x0806)
                    .writeZero(44)
                    .writeShort(1000));
            if (!isAllowed) {
                expected.add(1000);
            }
            a.send(frame(isAllowed ? "::1" : "10.0.0.1", 0, LAST));
            int number = 0;
            while (number != LAST) {
                PacketFrame frame = b.next();
                number = frame.content().getUnsignedShort(frame.content().writerIndex() - 2);
                received.add(number);
                frame.release();
            }
        }
        expected.add(LAST);
        assertEquals(expected, received);
    }
}
