package io.github.nettybpf.netty;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Socket options fail, one after the other: {@link FailingOptions} runs with {@link FailingSockopt}. */
class FailingOptionsTest {
    @Test
    void nothingPassesUnfilteredAndNothingIsSilent(@TempDir Path folder) throws Exception {
        System.out.print(FailingSockopt.run(folder, FailingOptions.class));
    }
}
