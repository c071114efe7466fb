package io.github.nettybpf.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.nettybpf.core.Placement;
import io.github.nettybpf.netty.memory.Memory;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;

/** How direct buffers are read where Netty has no Unsafe. Each way takes a JVM of its own. */
class MemoryTest {
    private static final String NO_UNSAFE = "-Dio.netty.noUnsafe=true";

    @Test
    void withoutNativeAccessABufferOfTheJdkIsRead() throws Exception {
        assertEquals("addresses false, as others\n", run(NO_UNSAFE));
    }

    /** The JVM warns of nothing either. */
    @Test
    @EnabledForJreRange(min = JRE.JAVA_22, disabledReason = "java.lang.foreign came with Java 22")
    void withNativeAccessAnAddressIsRead() throws Exception {
        assertEquals("addresses true, as others\n", run(NO_UNSAFE, "--enable-native-access=ALL-UNNAMED"));
    }

    private static String run(String... options) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("-XX:+UseSerialGC");
        command.addAll(List.of(options));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), AllBuffers.class.getName()));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), output);
        return output;
    }

    /** The main class of the other JVM. */
    static final class AllBuffers {
        /** Each handler logs where it filters. */
        private static final Logger LOGGER = Logger.getLogger("io.github.nettybpf");

        /** The other JVM has to optimize what is to allocate nothing: what it compares runs slowly until then. */
        private static final int PROGRAMS = 15;

        private AllBuffers() {}

        /** Compares the kinds of buffers, and looks at what is allocated. */
        public static void main(String[] args) {
            LOGGER.setLevel(Level.WARNING);
            PipelineFilterTest filters = new PipelineFilterTest();
            for (Placement placement :
                    List.of(Placement.ETHERNET, Placement.IP, Placement.UDP_SOCKET, Placement.PAYLOAD)) {
                filters.keepsTheSameOfAllBuffers(placement, PROGRAMS);
            }
            for (PipelineFilterTest.Buffers buffers : PipelineFilterTest.Buffers.values()) {
                filters.readsNothingOfAReleasedBuffer(buffers);
            }
            new LeakTest().judgingAllocatesNothing(true, false, false);
            System.out.println("addresses " + Memory.READS_ADDRESSES + ", as others");
        }
    }
}
