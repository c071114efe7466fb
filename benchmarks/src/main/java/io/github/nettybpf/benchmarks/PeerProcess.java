package io.github.nettybpf.benchmarks;

import io.github.nettybpf.core.ProgramFormat;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * An engine in another process, which is started with two arguments: the file of {@link Frames#write} and the program as
 * {@link ProgramFormat#BYTECODE}. For each line {@code run} that it reads, it writes a line: the thread's CPU time in ns,
 * a space, and the checksum of the verdicts as an unsigned number. It ends when its input does.
 *
 * @param name the name in the table
 * @param executable what to start
 * @param frames the file of the frames
 */
record PeerProcess(String name, Path executable, Path frames) implements Engine {
    @Override
    public Run start(Workload workload) throws IOException {
        String program = ProgramFormat.BYTECODE.write(workload.program()).trim();
        Process process = new ProcessBuilder(executable.toString(), frames.toString(), program)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        BufferedWriter requests = process.outputWriter(StandardCharsets.US_ASCII);
        BufferedReader answers = process.inputReader(StandardCharsets.US_ASCII);
        return new Run() {
            @Override
            public Round round() throws IOException {
                requests.write("run\n");
                requests.flush();
                String answer = answers.readLine();
                if (answer == null) {
                    throw new EOFException(executable + " ended");
                }
                int space = answer.indexOf(' ');
                return new Round(
                        Long.parseLong(answer, 0, space, 10),
                        Integer.parseUnsignedInt(answer, space + 1, answer.length(), 10));
            }

            @Override
            public void close() {
                process.destroy();
            }
        };
    }
}
