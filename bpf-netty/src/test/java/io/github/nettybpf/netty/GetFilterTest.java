package io.github.nettybpf.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.github.nettybpf.core.Instruction.ReturnConstant;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.netty.memory.SockFprog;
import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.unix.Socket;
import io.netty.channel.unix.UnixChannel;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class GetFilterTest {
    private static final byte UNTOUCHED = 0x5a;

    private static Program returns(int size, int verdict) {
        return Program.of(Collections.nCopies(size, new ReturnConstant(verdict)));
    }

    private static Socket socket(Channel channel) {
        return (Socket) ((UnixChannel) channel).fd();
    }

    private static boolean isAttached(Channel channel, Program program) throws Exception {
        try (SockFprog fprog = new SockFprog(program)) {
            return GetFilter.isAttached(socket(channel), fprog.instructions());
        }
    }

    /** On this the safety of the memory depends: what is too long is refused, and nothing of it written. */
    @ParameterizedTest
    @EnumSource(names = "NIO_UDP", mode = EnumSource.Mode.EXCLUDE)
    void theKernelWritesNoMoreThanItIsAskedFor(Transport transport) throws Exception {
        SocketFiltersTest.on(transport, channel -> {
            for (int size : new int[] {1, 2, 7, 100, 1000}) {
                SocketFilters.attach(channel, returns(size, -1));
                for (int asked : new int[] {0, 1, size - 1, size, size + 1}) {
                    ByteBuffer bytes = ByteBuffer.allocateDirect(8 * size + 64);
                    while (bytes.hasRemaining()) {
                        bytes.put(UNTOUCHED);
                    }
                    bytes.clear().limit(asked);
                    boolean tooFew = asked > 0 && asked < size;
                    if (tooFew) {
                        ChannelException e = assertThrows(
                                ChannelException.class, () -> socket(channel).getRawOpt(1, 26, bytes));
                        assertEquals(SocketFilters.EINVAL, SocketFilters.errno(e));
                    } else {
                        socket(channel).getRawOpt(1, 26, bytes);
                    }
                    bytes.clear();
                    int written = asked < size ? 0 : 8 * size;
                    for (int i = written; i < bytes.capacity(); i++) {
                        assertEquals(UNTOUCHED, bytes.get(i), size + " instructions, asked for " + asked + ", at " + i);
                    }
                }
            }
        });
    }

    @ParameterizedTest
    @EnumSource(names = "NIO_UDP", mode = EnumSource.Mode.EXCLUDE)
    void aFilterIsToldFromOthers(Transport transport) throws Exception {
        SocketFiltersTest.on(transport, channel -> {
            assertFalse(GetFilter.isAttached(socket(channel)));
            assertFalse(isAttached(channel, returns(1, 0)));
            assertEquals(List.of(), GetFilter.instructions(socket(channel)));
            for (int size : new int[] {1, 2, 7, 1000}) {
                Program program = returns(size, 0);
                SocketFilters.attach(channel, program);
                assertTrue(GetFilter.isAttached(socket(channel)));
                assertTrue(isAttached(channel, program));
                assertFalse(isAttached(channel, returns(size, 1)), "another of this length");
                assertFalse(isAttached(channel, returns(size + 1, 0)), "a longer one that begins so");
                if (size > 1) {
                    assertFalse(isAttached(channel, returns(size - 1, 0)), "a shorter one with which it begins");
                }
                assertEquals(program.raw(), GetFilter.instructions(socket(channel)));
            }
            SocketFilters.detach(channel);
            assertFalse(GetFilter.isAttached(socket(channel)));
        });
    }

    @ParameterizedTest
    @EnumSource(names = "NIO_UDP", mode = EnumSource.Mode.EXCLUDE)
    void attachingAllocatesForTheProgramAndNotForTheLongestOne(Transport transport) throws Exception {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        Program program = returns(12, -1);
        SocketFiltersTest.on(transport, channel -> {
            long least = Long.MAX_VALUE;
            for (int i = 0; i < 10; i++) {
                long start = threads.getCurrentThreadAllocatedBytes();
                assertEquals(i > 0, SocketFilters.isAttached(channel));
                SocketFilters.attach(channel, program);
                least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - start);
            }
            assertTrue(least < 20_000, least + " bytes");
        });
    }
}
