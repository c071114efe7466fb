package io.github.nettybpf.netty;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.nettybpf.core.Program;
import io.github.nettybpf.core.RandomPrograms;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.unix.Socket;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;

/** {@link Program#kernelCost} beside what the running kernel charges: no more, and at least half of it. */
class KernelCostTest {
    private static final int SO_MEMINFO = 55;
    private static final int MEMINFO_OPTMEM = 6;
    private static final int PROGRAMS = 1_000;

    private static int charged(Program program) throws IOException {
        Socket socket = Socket.newSocketDgram();
        try {
            SocketFilters.attach(socket, program);
            ByteBuffer meminfo = ByteBuffer.allocateDirect(36).order(ByteOrder.nativeOrder());
            socket.getRawOpt(SocketFilters.SOL_SOCKET, SO_MEMINFO, meminfo);
            return meminfo.getInt(4 * MEMINFO_OPTMEM);
        } finally {
            socket.close();
        }
    }

    @Test
    void theKernelChargesNoMore() throws IOException {
        assumeTrue(Epoll.isAvailable(), () -> "no epoll: " + Epoll.unavailabilityCause());
        RandomPrograms random = RandomPrograms.deterministic(20261130);
        int least = Integer.MAX_VALUE;
        int most = 0;
        for (int i = 0; i < PROGRAMS; i++) {
            Program program = random.program();
            int told = program.kernelCost();
            int charged = charged(program);
            assertTrue(
                    charged <= told && charged >= told / 2,
                    () -> "charged " + charged + ", told " + told + "\n" + program);
            least = Math.min(least, told - charged);
            most = Math.max(most, told - charged);
        }
        System.out.println("kernel cost of " + PROGRAMS + " programs: " + least + " to " + most
                + " bytes more told than charged, Linux " + System.getProperty("os.version"));
    }
}
