package io.github.nettybpf.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.nettybpf.core.Program;
import io.netty.channel.ChannelException;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.unix.Socket;
import java.io.IOException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The running kernel refuses to convert the programs of which {@link Program#conversionProblem} says so, and no others. */
class KernelConversionOracleTest {
    @ParameterizedTest(name = "{0}")
    @MethodSource("io.github.nettybpf.core.KernelConversionTest#programs")
    void theKernelAgrees(String name, Program program, String problem) throws IOException {
        assumeTrue(Epoll.isAvailable(), () -> "no kernel to ask: " + Epoll.unavailabilityCause());
        Socket socket = Socket.newSocketDgram();
        try {
            assertEquals(!problem.isEmpty(), isInvalid(socket, program), problem);
        } finally {
            socket.close();
        }
    }

    /** The kernel converts a program before it charges for it, so one that is too expensive is convertible. */
    private static boolean isInvalid(Socket socket, Program program) throws IOException {
        try {
            SocketFilters.attach(socket, program);
            return false;
        } catch (IOException | ChannelException e) { // one or the other, depending on the error
            String problem = String.valueOf(e.getMessage());
            if (problem.contains("Cannot allocate memory")) {
                return false;
            } else if (problem.contains("Invalid argument")) {
                return true;
            }
            throw e;
        }
    }
}
