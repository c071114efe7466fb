package io.github.nettybpf.core.address;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AddressFileTest {
    private final List<AddressSet> sets = new ArrayList<>();
    private final List<Exception> problems = new ArrayList<>();
    private long time;

    @TempDir
    private Path folder;

    private Path file;

    @BeforeEach
    void begin() throws IOException {
        file = folder.resolve("list");
        write("10.0.0.1\n");
    }

    /** Each time is another, however fast the test is. */
    private void write(String text) throws IOException {
        Files.writeString(file, text);
        Files.setLastModifiedTime(file, FileTime.fromMillis(++time));
    }

    private AddressFile watch() throws IOException {
        return AddressFile.first(file, AddressListFormat.PLAIN, sets::add, problems::add);
    }

    @Test
    void isReadAgainWhenItHasChanged() throws IOException {
        AddressFile watch = watch();
        watch.look();
        watch.look();
        assertEquals(List.of(AddressSet.of("10.0.0.1")), sets);
        write("10.0.0.2\n");
        watch.look();
        assertEquals(1, sets.size(), "it may still be written");
        watch.look();
        watch.look();
        assertEquals(List.of(AddressSet.of("10.0.0.1"), AddressSet.of("10.0.0.2")), sets);
        assertEquals(List.of(), problems);
    }

    @Test
    void isNotReadWhileItGrows() throws IOException {
        AddressFile watch = watch();
        for (String part : new String[] {"10.0.0.2", "10.0.0.24\n", "10.0.0.24\n10.0.0.3", "10.0.0.24\n10.0.0.33\n"}) {
            write(part);
            watch.look();
            assertEquals(1, sets.size());
        }
        watch.look();
        assertEquals(AddressSet.of("10.0.0.24", "10.0.0.33"), sets.get(1));
    }

    @Test
    void aFileThatIsRenamedOverItIsAnother() throws IOException {
        AddressFile watch = watch();
        Path other = Files.writeString(folder.resolve("new"), "10.0.0.9\n");
        Files.setLastModifiedTime(other, Files.getLastModifiedTime(file));
        Files.move(other, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
        watch.look();
        watch.look();
        assertEquals(AddressSet.of("10.0.0.9"), sets.get(1));
    }

    @Test
    void theSetOfBeforeStaysWhenItIsNoListOrMissing() throws IOException {
        AddressFile watch = watch();
        write("10.0.0.2\njunk\n");
        for (int i = 0; i < 4; i++) {
            watch.look();
        }
        assertEquals(1, sets.size());
        assertEquals(1, problems.size(), "told once");
        assertEquals(
                "line 2: 'junk' (expected: an address, a prefix such as 10.0.0.0/8, or a range such as"
                        + " 10.0.0.1-10.0.0.9)",
                problems.get(0).getMessage());
        Files.delete(file);
        watch.look();
        watch.look();
        assertEquals(2, problems.size());
        assertInstanceOf(NoSuchFileException.class, problems.get(1));
        write("10.0.0.3\n");
        watch.look();
        watch.look();
        assertEquals(AddressSet.of("10.0.0.3"), sets.get(1));
        assertEquals(2, problems.size());
    }

    /** A download that fails, or one that has just begun. */
    @Test
    void aFileOfNoBytesIsNoList() throws IOException {
        AddressFile watch = watch();
        write("");
        watch.look();
        watch.look();
        assertEquals(1, sets.size());
        assertEquals(
                "line 1: nothing in the file (expected: a comment, if no address is listed)",
                problems.get(0).getMessage());
        write("# nobody\n");
        watch.look();
        watch.look();
        assertEquals(AddressSet.EMPTY, sets.get(1));
        assertEquals(1, problems.size());
    }

    @Test
    void isReadInItsFormat() throws IOException {
        write("Some Org:10.0.0.0-10.0.0.255\n");
        AddressFile watch = AddressFile.first(file, AddressListFormat.P2P, sets::add, problems::add);
        write("Some Org:10.0.1.0-10.0.1.255\n");
        watch.look();
        watch.look();
        assertEquals(List.of(AddressSet.of("10.0.0.0/24"), AddressSet.of("10.0.1.0/24")), sets);
        write("10.0.2.0/24\n");
        watch.look();
        watch.look();
        assertEquals(2, sets.size());
        assertEquals(
                "line 1: '10.0.2.0/24' (expected: a name, a colon and a range, as in Some Org:192.0.2.0-192.0.2.255)",
                problems.get(0).getMessage());
    }

    @Test
    void aSinkThatThrowsGetsTheSetAgain() throws IOException {
        List<AddressSet> offered = new ArrayList<>();
        AddressFile watch = AddressFile.first(
                file,
                AddressListFormat.PLAIN,
                set -> {
                    offered.add(set);
                    if (offered.size() == 2) {
                        throw new IllegalStateException("not now");
                    }
                },
                problems::add);
        write("10.0.0.2\n");
        for (int i = 0; i < 4; i++) {
            watch.look();
        }
        assertEquals(3, offered.size());
        assertEquals(offered.get(1), offered.get(2));
        assertEquals("not now", problems.get(0).getMessage());
        assertEquals(1, problems.size());
    }

    @Test
    void aFileThatIsNoListAtFirstIsRefused() throws IOException {
        write("junk");
        assertThrows(AddressSetException.class, this::watch);
        Files.delete(file);
        assertThrows(NoSuchFileException.class, this::watch);
    }

    @Test
    void anExecutorLooksUntilItIsClosed() throws Exception {
        ScheduledThreadPoolExecutor executor = new ScheduledThreadPoolExecutor(1);
        executor.setRemoveOnCancelPolicy(true);
        BlockingQueue<AddressSet> queue = new LinkedBlockingQueue<>();
        BlockingQueue<Exception> told = new LinkedBlockingQueue<>();
        try {
            AddressFile watch = AddressFile.watch(file, Duration.ofMillis(1), executor, queue::add, told::add);
            assertEquals(AddressSet.of("10.0.0.1"), queue.poll(1, TimeUnit.MINUTES));
            Path other = Files.writeString(folder.resolve("new"), "10.0.0.2\n");
            Files.move(other, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
            assertEquals(AddressSet.of("10.0.0.2"), queue.poll(1, TimeUnit.MINUTES));
            watch.close();
        } finally {
            executor.shutdown();
        }
        assertTrue(executor.awaitTermination(1, TimeUnit.MINUTES), "nothing is left to be done");
        assertEquals(0, told.size());
    }
}
