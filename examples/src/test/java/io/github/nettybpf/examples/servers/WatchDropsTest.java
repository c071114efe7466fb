package io.github.nettybpf.examples.servers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.nettybpf.netty.FilterStats;
import io.github.nettybpf.netty.FilterStats.Location;
import io.github.nettybpf.netty.drops.DropFile;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class WatchDropsTest {
    /** Each kind of junk is told by the part of the filter that it fails. */
    private static final Set<String> RULES = Set.of(
            "udp[12:2] = 1: yes",
            "udp[10] & 0x80 = 0: no",
            "udp[12:2] = 1: no",
            "udp[10] & 0x80 = 0: the packet is too short",
            "udp[4:2] <= 520: no");

    @Test
    void theTableNamesTheRulesAndTheFileHasSamples(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("drops.pcapng");
        WatchDrops demo = new WatchDrops();
        new CommandLine(demo).parseArgs("--seconds", "2", "--dry", "1", "--one-in", "5", "--file", file.toString());
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        FilterStats stats;
        try (DropFile drops = DropFile.open(file, DropFile.MIN_BYTES, 0)) {
            stats = demo.run(drops, new PrintStream(out, true, StandardCharsets.UTF_8));
        }
        assertEquals(RULES, WatchDrops.table(stats).keySet());
        assertTrue(stats.wouldDrop() > 0);
        assertTrue(stats.dropped() + stats.droppedInKernel() > 0);
        assertTrue(stats.sampled() > 0);
        assertTrue(
                Set.of(Location.PIPELINE, Location.KERNEL_AND_PIPELINE, Location.REMOVED)
                        .contains(stats.location()),
                stats.toString());
        String text = out.toString(StandardCharsets.UTF_8);
        assertTrue(text.startsWith("filter: " + WatchDrops.FILTER), text);
        assertTrue(text.contains(" 1 s  DRY_RUN, "), text);
        assertTrue(text.contains(" samples in " + file + "; read them with: tcpdump -r " + file), text);
        assertTrue(Files.size(file) > 0);
    }
}
