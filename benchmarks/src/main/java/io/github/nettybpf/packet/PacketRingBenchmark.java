package io.github.nettybpf.packet;

import com.sun.jna.Pointer;
import io.github.nettybpf.packet.kernel.Kernel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.embedded.EmbeddedChannel;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The time that a ring takes per frame: to make it, read one byte of it, and release it, without a kernel that writes,
 * by itself and in the handler of a pipeline. The class is in this package because PacketRing is package-private.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class PacketRingBenchmark {
    private static final int BLOCKS = 8;
    private static final int FRAMES = 1024;
    private static final int BLOCK_SIZE = 1 << 20;
    private static final VarHandle STATUS = MethodHandles.byteBufferViewVarHandle(int[].class, ByteOrder.nativeOrder());

    /** Whether frames are copies or slices. */
    @Param({"RING", "RING_SLICES"})
    public ReceiveMode mode = ReceiveMode.RING;

    /** The length of a frame in bytes. */
    @Param({"64", "512"})
    public int length;

    /** Whether each frame goes through a pipeline with one handler. */
    @Param({"false", "true"})
    public boolean pipeline;

    private final LastBytes lastBytes = new LastBytes();
    private final ChannelPipeline handlers = new EmbeddedChannel(lastBytes).pipeline();
    private final ByteBuffer[] blocks = new ByteBuffer[BLOCKS];
    private PacketRing ring;

    @Setup
    public void fill() throws IOException {
        PacketChannelConfig.Settings settings = new PacketChannelConfig.Settings(
                PacketChannel.Type.RAW, mode, BLOCK_SIZE, BLOCKS, 8, false, true, false, null, false);
        Pointer mapped = Kernel.mapPrivate(settings.ringBytes());
        for (int i = 0; i < BLOCKS; i++) {
            blocks[i] = mapped.getByteBuffer((long) i * BLOCK_SIZE, BLOCK_SIZE).order(ByteOrder.nativeOrder());
            fill(blocks[i]);
        }
        ring = new PacketRing(mapped, settings, PacketAddress.of("lo"), () -> {});
    }

    /**
     * Writes struct tpacket_block_desc and, for each frame, struct tpacket3_hdr and sockaddr_ll, as the kernel does.
     */
    private void fill(ByteBuffer block) {
        int first = 48;
        int data = 96;
        int at = first;
        for (int i = 0; i < FRAMES; i++) {
            block.putInt(at, data + length).putInt(at + 12, length).putInt(at + 16, length);
            block.putInt(at + 20, 1).putShort(at + 24, (short) data).putShort(at + 26, (short) (data + 14));
            block.putInt(at + 52, 1).putShort(at + 56, (short) 1).put(at + 59, (byte) 6);
            at += data + length;
        }
        block.putInt(12, FRAMES).putInt(16, first).putInt(20, at);
    }

    @TearDown
    public void unmap() {
        ring.close(() -> {});
    }

    /**
     * Reads all blocks, which are full.
     *
     * @return the sum of a byte of each frame
     */
    @Benchmark
    @OperationsPerInvocation(BLOCKS * FRAMES)
    public long read() {
        for (ByteBuffer block : blocks) {
            STATUS.setRelease(block, 8, 1);
        }
        for (PacketFrame frame = ring.next(); frame != null; frame = ring.next()) {
            if (pipeline) {
                handlers.fireChannelRead(frame);
            } else {
                lastBytes.add(frame);
            }
        }
        return lastBytes.sum;
    }

    private static final class LastBytes extends ChannelInboundHandlerAdapter {
        private long sum;

        void add(PacketFrame frame) {
            sum += frame.content().getByte(frame.content().writerIndex() - 1);
            frame.release();
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object msg) {
            add((PacketFrame) msg);
        }
    }
}
