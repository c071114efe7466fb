package io.github.nettybpf.benchmarks;

import io.github.nettybpf.core.Filter;
import io.github.nettybpf.core.Packet;
import io.github.nettybpf.core.Placement;
import io.github.nettybpf.netty.BpfFilterHandler;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufHolder;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.socket.DatagramPacket;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.ReferenceCounted;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.IntFunction;

/**
 * Fires messages through a pipeline with the filter, or for comparison with a check by hand or without either, and a
 * last handler that releases them. The last handler checks the number of bytes that arrive.
 */
final class PipelineLoop implements JavaEngine.Loop {
    private final ChannelPipeline pipeline;
    private final int[] order;
    private final Expected[] frames;
    private int current;
    private int verdict;

    /**
     * A message that is fired through the pipeline again and again, and the expected result.
     *
     * @param message the message
     * @param content its buffer
     * @param length the number of bytes in the buffer
     * @param kept the number of bytes that must arrive
     * @param verdict the program's verdict, which that number shows
     */
    private record Expected(ReferenceCounted message, ByteBuf content, int length, int kept, int verdict) {}

    /** {@return a pipeline whose first handler does not handle messages} */
    static PipelineLoop unfiltered(Workload workload, IntFunction<ByteBuf> memory) {
        return new PipelineLoop(workload, new ChannelInboundHandlerAdapter(), false, memory);
    }

    static PipelineLoop byHand(Workload workload, IntFunction<ByteBuf> memory) {
        return new PipelineLoop(workload, HandHandler.of(workload).orElseThrow(), true, memory);
    }

    static PipelineLoop filtered(Workload workload, IntFunction<ByteBuf> memory) {
        return filtered(workload, false, memory);
    }

    /** {@return a pipeline with a filter that counts how its program decides} */
    static PipelineLoop counted(Workload workload, IntFunction<ByteBuf> memory) {
        return filtered(workload, true, memory);
    }

    private static PipelineLoop filtered(Workload workload, boolean counted, IntFunction<ByteBuf> memory) {
        ChannelHandler filter = BpfFilterHandler.builder(workload.program())
                .placement(workload.placement())
                .countReturns(counted)
                .build();
        return new PipelineLoop(workload, filter, true, memory);
    }

    private PipelineLoop(Workload workload, ChannelHandler first, boolean filtered, IntFunction<ByteBuf> memory) {
        Placement placement = workload.placement();
        pipeline = new EmbeddedChannel(first, new Last()).pipeline();
        order = workload.frames().order;
        Filter filter = Filter.interpret(workload.program());
        List<byte[]> bytes = workload.frames().frames;
        frames = new Expected[bytes.size()];
        for (int i = 0; i < frames.length; i++) {
            byte[] frame = bytes.get(i);
            int header = placement == Placement.UDP_SOCKET ? Lists.UDP_HEADER : 0;
            int length = frame.length - header;
            ByteBuf content = memory.apply(length).writeBytes(frame, header, length);
            int verdict = filter.run(Packet.of(frame));
            int kept = filtered ? placement.kept(verdict, frame.length) - header : length;
            frames[i] = new Expected(header == 0 ? content : datagram(frame, content), content, length, kept, verdict);
        }
    }

    private static DatagramPacket datagram(byte[] frame, ByteBuf content) {
        ByteBuffer header = ByteBuffer.wrap(frame);
        return new DatagramPacket(
                content,
                new InetSocketAddress("192.0.2.1", header.getShort(2) & 0xffff),
                new InetSocketAddress("192.0.2.2", header.getShort(0) & 0xffff));
    }

    @Override
    public int checksum(int from, int to) {
        int checksum = 0;
        for (int i = from; i < to; i++) {
            current = order[i];
            Expected frame = frames[current];
            frame.content.setIndex(0, frame.length);
            frame.message.retain();
            verdict = 0;
            pipeline.fireChannelRead(frame.message);
            checksum = checksum * 31 + verdict;
        }
        return checksum;
    }

    /** The end of the pipeline. */
    private final class Last extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object msg) {
            ByteBuf content = msg instanceof ByteBufHolder holder ? holder.content() : (ByteBuf) msg;
            Expected expected = frames[current];
            verdict = content.readableBytes() == expected.kept ? expected.verdict : ~expected.verdict;
            ReferenceCountUtil.release(msg);
        }
    }
}
