package io.github.nettybpf.examples;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;

/**
 * Two network namespaces that are joined by a veth pair, both ends called v0: 10.0.0.1 at 02:00:00:00:00:ff on the
 * server's side, 02:00:00:00:00:01 without an IP address on the client's. Each namespace is held by a process that ends
 * with this JVM, so that nothing is left. Needs root, or user namespaces.
 */
final class Namespaces implements AutoCloseable {
    static final int SERVER = 0;
    static final int CLIENT = 1;
    static final String BROADCAST = "10.0.0.255";
    private static final String PATH = System.getenv("PATH") + ":/usr/sbin:/sbin";
    private static final Pattern TIME_OF_DAY = Pattern.compile("^\\d\\d:\\d\\d:\\d\\d\\.\\d{6} ");
    private static final int LONGEST_SECONDS = 600;
    private static final int PATIENCE_SECONDS = 120;

    private final boolean root = "root".equals(System.getProperty("user.name"));
    private final List<Program> started = new ArrayList<>();
    private final List<Program> holders = new ArrayList<>();

    private Namespaces() {}

    /** {@return new namespaces} Skips the test, with a reason, if they cannot be created. */
    static Namespaces make(String... tools) throws IOException, InterruptedException {
        for (String tool : List.of("unshare", "nsenter", "timeout", "ip")) {
            require(tool);
        }
        for (String tool : tools) {
            require(tool);
            if (tool.equals("arping")) {
                requireIputils();
            }
        }
        Namespaces made = new Namespaces();
        try {
            made.hold();
            made.run(
                    SERVER,
                    "ip link add v0 address 02:00:00:00:00:ff type veth peer name v0 address 02:00:00:00:00:01"
                            + " netns " + made.holders.get(CLIENT).process.pid());
            for (int side : new int[] {SERVER, CLIENT}) {
                made.run(side, "ip link set lo up");
                made.run(side, "ip link set v0 up");
            }
            made.run(SERVER, "ip address add 10.0.0.1/24 dev v0");
        } catch (AssertionError e) {
            made.close();
            throw skip("no network namespaces here: " + e.getMessage());
        }
        try {
            // Until the kernel has seen that the other end is up, what this one sends is dropped without an error.
            String up = "until ip link show dev v0 | grep -q ' state UP '; do :; done";
            made.start(SERVER, "sh", "-c", up).end(0);
            return made;
        } catch (AssertionError e) {
            made.close();
            throw e;
        }
    }

    /** Skips the test, with a reason, if the tool is not installed. */
    static void require(String tool) {
        for (String folder : PATH.split(File.pathSeparator, -1)) {
            if (new File(folder, tool).canExecute()) {
                return;
            }
        }
        throw skip("no " + tool + " here");
    }

    /** There is another program of this name, whose options mean something else. */
    private static void requireIputils() throws IOException {
        Process version =
                new ProcessBuilder("arping", "-V").redirectErrorStream(true).start();
        String text = new String(version.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!text.contains("iputils")) {
            throw skip("arping is not the one of iputils here: "
                    + text.lines().findFirst().orElse(""));
        }
    }

    /** Starts a tool in the namespace of this JVM. It ends after ten minutes at the latest. */
    static Program tool(String... command) throws IOException {
        require(command[0]);
        List<String> whole = new ArrayList<>(List.of("timeout", "-k", "1", LONGEST_SECONDS + ""));
        whole.addAll(List.of(command));
        return new Program(String.join(" ", command), whole);
    }

    private static AssertionError skip(String reason) {
        Assumptions.abort(reason);
        return new AssertionError("not reached");
    }

    private void hold() throws IOException, InterruptedException {
        for (int side : new int[] {SERVER, CLIENT}) {
            List<String> command = new ArrayList<>();
            if (!root && side == CLIENT) {
                command.addAll(
                        List.of("nsenter", "-t", holders.get(SERVER).process.pid() + "", "-U"));
                command.addAll(List.of("--preserve-credentials", "--"));
            }
            command.add("unshare");
            if (!root && side == SERVER) {
                command.add("-Ur");
            }
            command.addAll(List.of("-n", "cat"));
            Program holder = new Program("unshare", command);
            holders.add(holder);
            try {
                holder.process
                        .outputWriter(StandardCharsets.UTF_8)
                        .append("here\n")
                        .flush();
            } catch (IOException e) {
                // It ended: its output is in the message below.
            }
            holder.await("here");
        }
    }

    /** Starts a program on one side. It is ended with this object, and after ten minutes at the latest. */
    Program start(int side, String... command) throws IOException {
        return start(side, String.join(" ", command), List.of(command));
    }

    private Program start(int side, String name, List<String> command) throws IOException {
        List<String> whole = new ArrayList<>(
                List.of("nsenter", "-t", holders.get(side).process.pid() + "", "-n"));
        if (!root) {
            whole.addAll(List.of("-U", "--preserve-credentials"));
        }
        whole.addAll(List.of("--", "timeout", "-k", "1", LONGEST_SECONDS + ""));
        whole.addAll(command);
        Program program = new Program(name, whole);
        started.add(program);
        return program;
    }

    /** Runs a command, whose words are separated by blanks, to its end. */
    void run(int side, String command) throws IOException, InterruptedException {
        start(side, command.split(" ", -1)).end(0);
    }

    /** Starts an example, or another class of the class path, and waits until it listens. */
    Program example(int side, Class<?> example, String... arguments) throws IOException, InterruptedException {
        Program program = java(side, example, arguments);
        program.await("v0, filtered in KERNEL");
        return program;
    }

    /** Starts a class of the class path. */
    Program java(int side, Class<?> main, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                ProcessHandle.current().info().command().orElse("java"),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                main.getName()));
        command.addAll(List.of(arguments));
        return start(side, main.getSimpleName(), command);
    }

    @Override
    public void close() {
        started.forEach(Program::kill);
        holders.forEach(Program::kill);
    }

    /** A process and the lines of its output, without the time of day with which some begin. */
    static final class Program {
        private final Process process;
        private final String name;
        private final List<String> lines = new ArrayList<>();
        private boolean ended;

        private Program(String name, List<String> command) throws IOException {
            ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
            builder.environment().put("PATH", PATH);
            this.name = name;
            process = builder.start();
            Thread reader = new Thread(this::read, "output");
            reader.setDaemon(true);
            reader.start();
        }

        private void read() {
            try (BufferedReader output = process.inputReader(StandardCharsets.UTF_8)) {
                for (String line = output.readLine(); line != null; line = output.readLine()) {
                    add(TIME_OF_DAY.matcher(line).replaceFirst(""));
                }
            } catch (IOException e) {
                add(e.toString());
            }
            add(null);
        }

        private synchronized void add(@Nullable String line) {
            if (line == null) {
                ended = true;
            } else {
                lines.add(line);
            }
            notifyAll();
        }

        synchronized List<String> lines() {
            return List.copyOf(lines);
        }

        /** Waits for a line that equals the text. */
        void await(String line) throws InterruptedException {
            awaitMatch(Pattern.quote(line));
        }

        /** Waits for a line that matches the regular expression as a whole. */
        synchronized void awaitMatch(String regex) throws InterruptedException {
            Pattern pattern = Pattern.compile(regex);
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
            while (lines.stream().noneMatch(line -> pattern.matcher(line).matches())) {
                long millis = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
                if (ended || millis <= 0) {
                    throw new AssertionError("no line " + regex + (ended ? " before the end of " : " from ") + this);
                }
                wait(millis);
            }
        }

        /** Forgets the lines so far. */
        synchronized void forget() {
            lines.clear();
        }

        /** Waits for the process to end with the exit code. */
        void end(int code) throws InterruptedException {
            boolean over = process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS);
            synchronized (this) {
                while (over && !ended) {
                    wait();
                }
                if (!over || process.exitValue() != code) {
                    throw new AssertionError((over ? "exit code " + process.exitValue() : "no end") + " of " + this);
                }
            }
        }

        /** Interrupts the process, as Control-C does, and waits for its end. */
        void interrupt() throws IOException, InterruptedException {
            signal("TERM");
            process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS);
        }

        /** Sends a signal to the program itself, not to timeout(1) around it. */
        void signal(String name) throws IOException, InterruptedException {
            for (ProcessHandle child : process.descendants().toList()) {
                new ProcessBuilder("kill", "-" + name, child.pid() + "").start().waitFor();
            }
        }

        void kill() {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }

        @Override
        public synchronized String toString() {
            return name + ":\n" + String.join("\n", lines);
        }
    }
}
