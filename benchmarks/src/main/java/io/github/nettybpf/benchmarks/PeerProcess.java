package io.github.nettybpf.benchmarks;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.StringTokenizer;

/**
 * A process that runs one program on frames. It first writes the line {@code ready}, or {@code refused: } and the
 * reason why it does not accept the program. For each line {@code from to} that it reads, it runs the program on that
 * range of the frames in their order, and writes a line: the thread's CPU time in ns, a space, and the checksum of the
 * verdicts as an unsigned number; from a JVM also a space, and the number of bytes that the thread has allocated. It
 * ends at the end of its input.
 */
final class PeerProcess implements AutoCloseable {
    private static final String REFUSED = "refused: ";

    /**
     * The result of a range of the frames.
     *
     * @param nanos the CPU time of the thread
     * @param checksum the checksum of the verdicts, in order: each is added to 31 times the previous sum, modulo 2^32
     * @param bytes the bytes that were allocated, or 0 if the process does not say
     */
    record Round(long nanos, int checksum, long bytes) {}

    private final List<String> command;
    private final Process process;
    private final BufferedWriter requests;
    private final BufferedReader answers;

    PeerProcess(List<String> command) throws IOException {
        this.command = command;
        process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        requests = process.outputWriter(StandardCharsets.US_ASCII);
        answers = process.inputReader(StandardCharsets.US_ASCII);
    }

    /**
     * {@return why the process refuses the program, or the empty string if it does not} Waits until the process is
     * ready.
     */
    String refusal() throws IOException {
        String answer = answer();
        return answer.startsWith(REFUSED) ? answer.substring(REFUSED.length()) : "";
    }

    Round run(int from, int to) throws IOException {
        requests.write(from + " " + to + "\n");
        requests.flush();
        StringTokenizer answer = new StringTokenizer(answer());
        return new Round(
                Long.parseLong(answer.nextToken()),
                Integer.parseUnsignedInt(answer.nextToken()),
                answer.hasMoreTokens() ? Long.parseLong(answer.nextToken()) : 0);
    }

    private String answer() throws IOException {
        String answer = answers.readLine();
        if (answer == null) {
            throw new EOFException(command.get(0) + " ended");
        }
        return answer;
    }

    @Override
    public void close() {
        process.destroy();
    }
}
