package io.github.nettybpf.tools.dbg;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.nettybpf.tools.AddressSetOption;
import java.io.IOException;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import org.jline.terminal.Size;
import org.jline.terminal.Terminal;
import org.jline.terminal.impl.ExternalTerminal;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** The debugger on a terminal that is made up: keys go in, and what is on the screen is waited for. */
class DebugTerminalTest {
    private static final String CTRL_C = "\u0003";
    private static final String CTRL_D = "\u0004";
    private static final String UP = "\u001bOA";
    private static final String PROMPT = "\n> ";

    @TempDir
    private Path folder;

    /** A conversation, and all that it has shown. */
    private final class Conversation {
        private final PipedOutputStream keys = new PipedOutputStream();
        private final PipedInputStream screen = new PipedInputStream(1 << 16);
        private final FutureTask<Boolean> end;
        private final StringBuilder shown = new StringBuilder();

        Conversation() throws IOException {
            this(folder.resolve("history"));
        }

        Conversation(Path history) throws IOException {
            // Without a pseudo terminal of the kernel: what it has left to say when it is closed is not ours to test.
            Terminal terminal = new ExternalTerminal(
                    "made up",
                    "xterm",
                    new PipedInputStream(keys),
                    new PipedOutputStream(screen),
                    StandardCharsets.UTF_8);
            terminal.setSize(Size.of(200, 50));
            Callable<Boolean> conversation = () -> {
                try (terminal) {
                    DebugTerminal.converse(terminal, new AddressSetOption(), history);
                }
                return true;
            };
            end = new FutureTask<>(conversation);
            Thread thread = new Thread(end, "conversation");
            thread.setDaemon(true);
            thread.start();
            until(PROMPT);
        }

        /** Reads until the end of what was shown since the last time is this; {@return that without escape codes} */
        String until(String end) throws IOException {
            int from = shown.length();
            String text = "";
            while (!text.endsWith(end)) {
                int key = screen.read();
                assertTrue(key >= 0, () -> "the end, after " + shown);
                shown.append((char) key);
                text = plain(shown.substring(from));
            }
            return text;
        }

        void press(String text) throws IOException {
            keys.write(text.getBytes(StandardCharsets.UTF_8));
            keys.flush();
        }

        /** {@return what a line is answered with} */
        String ask(String line) throws IOException {
            press(line + "\r");
            String answer = until(PROMPT);
            int start = answer.indexOf('\n');
            return answer.substring(start, answer.length() - PROMPT.length()).strip();
        }
    }

    private static String plain(String shown) {
        return shown.replaceAll("\u001b\\[[0-9;?]*[A-Za-z]|\u001b[=>]|\r", "");
    }

    /** What is waited for comes, or never will. */
    private static void inTheEnd(Executable conversation) {
        assertTimeoutPreemptively(Duration.ofMinutes(10), conversation);
    }

    @Test
    void answersAndRemembers() {
        inTheEnd(() -> {
            Conversation first = new Conversation();
            assertEquals("no bpf program loaded!", first.ask("run"));
            assertEquals("", first.ask("load bpf ldh [12]\\njne #0x806, drop\\nret #-1\\ndrop: ret #0"));
            assertEquals("breakpoint at: l1:\tjeq #0x806, l2, l3", first.ask("breakpoint 1 if A != 0x806"));
            assertEquals("'frob'", first.ask("frob").substring(0, 6));
            first.press("quit\r");
            assertTrue(first.end.get());

            Conversation second = new Conversation();
            second.press(UP + UP);
            second.until("frob");
            second.press(UP);
            second.until("breakpoint 1 if A != 0x806");
            assertEquals("no bpf program loaded!", second.ask(""));
            second.press(CTRL_D);
            assertTrue(second.end.get());
            assertEquals(
                    List.of(
                            "run",
                            "load bpf ldh [12]\\\\njne #0x806, drop\\\\nret #-1\\\\ndrop: ret #0",
                            "breakpoint 1 if A != 0x806",
                            "frob",
                            "quit",
                            "breakpoint 1 if A != 0x806"),
                    Files.readAllLines(folder.resolve("history")));
        });
    }

    /** It is there until the end then, and nothing is made. */
    @Test
    void doesWithoutAHistoryThatCannotBeKept() throws IOException {
        byte[] noText = {(byte) 0xff, '\n'};
        Path damaged = Files.write(folder.resolve("damaged"), noText);
        Path missing = folder.resolve("missing");
        for (Path history : List.of(missing.resolve("history"), folder, damaged)) {
            inTheEnd(() -> {
                Conversation session = new Conversation(history);
                assertEquals("no bpf program loaded!", session.ask("run"));
                session.press(UP);
                session.until("run");
                session.press("\r");
                session.until(PROMPT);
                session.press("quit\r");
                assertTrue(session.end.get());
            });
        }
        assertFalse(Files.exists(missing));
        assertArrayEquals(noText, Files.readAllBytes(damaged));
    }

    @Test
    void completesCommandsFilesAndLabels() {
        inTheEnd(() -> {
            Path capture = Files.createFile(folder.resolve("some packets.pcap"));
            Files.writeString(folder.resolve("another.bpf"), "ret #7\nret #0");
            Conversation session = new Conversation();
            session.press("lo\tb\t" + folder + "/ano\t");
            session.until("load bpf " + folder + "/another.bpf ");
            assertEquals("", session.ask(""));
            session.press("dis\tl1\t");
            session.until("disassemble l1 ");
            assertEquals("l1:\tret #0", session.ask(""));
            session.press("set e\tvlan_tc\t5");
            session.until("set ext vlan_tci 5");
            assertEquals("", session.ask(""));
            assertEquals("vlan_tci 5", session.ask("set ext"));
            session.press("load p\t" + folder + "/so\t");
            session.until("some packets.pcap ");
            assertEquals(capture + ": byte 0: nothing (expected: a capture in pcap or pcapng format)", session.ask(""));
            session.press(CTRL_D);
            assertTrue(session.end.get());
        });
    }

    @Test
    void ctrlCGivesUpTheLine() {
        inTheEnd(() -> {
            Conversation session = new Conversation();
            session.press("load bpf ret");
            session.until("load bpf ret");
            session.press(CTRL_C);
            session.until(PROMPT);
            assertEquals("no bpf program loaded!", session.ask("dump"));
            session.press(CTRL_D);
            assertTrue(session.end.get());
        });
    }
}
