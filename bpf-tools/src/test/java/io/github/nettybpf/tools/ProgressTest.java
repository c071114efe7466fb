package io.github.nettybpf.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class ProgressTest {
    @Test
    void theProgressBarFitsItsLine() {
        assertEquals(
                "a.pcap  [###############               ]  50 %  500 MB",
                Progress.line("a.pcap", 500_000_000, 1_000_000_000));
        assertEquals("-  12 MB", Progress.line("-", 12_345_678, -1));
        assertTrue(Progress.line("x".repeat(24), 1L << 49, 1L << 49).length() < 80);
    }
}
