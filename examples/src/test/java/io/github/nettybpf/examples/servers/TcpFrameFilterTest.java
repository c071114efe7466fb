package io.github.nettybpf.examples.servers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import org.junit.jupiter.api.Test;

class TcpFrameFilterTest {
    @Test
    void messagesAreJudgedWholeInAnySegmentation() {
        EmbeddedChannel channel = new EmbeddedChannel();
        TcpFrameFilter.addTo(channel);
        channel.pipeline().removeLast();
        ByteBuf stream = Unpooled.buffer();
        for (int type : new int[] {1, 3, 2}) {
            stream.writeShort(40).writeByte(type).writeZero(39);
        }
        while (stream.isReadable()) {
            channel.writeInbound(stream.readBytes(Math.min(7, stream.readableBytes())));
        }
        stream.release();
        ByteBuf first = channel.readInbound();
        ByteBuf second = channel.readInbound();
        assertEquals(1, first.getByte(first.readerIndex()));
        assertEquals(40, first.readableBytes());
        assertEquals(2, second.getByte(second.readerIndex()));
        assertEquals(16, second.readableBytes());
        first.release();
        second.release();
        assertNull(channel.readInbound());
    }
}
