package io.github.nettybpf.netty.reuseport;

import io.github.nettybpf.netty.FailingSockopt;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Socket options of a group fail, one after the other: {@link GroupFaults} runs with {@link FailingSockopt}. */
class GroupFaultsTest {
    @Test
    void nothingIsHalfOpen(@TempDir Path folder) throws Exception {
        System.out.print(FailingSockopt.run(folder, GroupFaults.class));
    }
}
