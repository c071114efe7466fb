package io.github.nettybpf.tools;

import io.github.nettybpf.tools.cli.Bpf;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/** A run of the command in this process: what it wrote, and its exit code. */
public record Command(int code, String out, String err) {
    public static Command run(String in, String... args) {
        return run(new ByteArrayInputStream(in.getBytes(StandardCharsets.UTF_8)), args);
    }

    public static Command run(InputStream in, String... args) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int code = Bpf.run(new Session(in, out, err), args);
        return new Command(code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    /** {@return the bytes of {@code unit}, over and over, so many in all} */
    public static InputStream repeated(String unit, long length) {
        byte[] bytes = unit.getBytes(StandardCharsets.UTF_8);
        return new InputStream() {
            private long read;

            @Override
            public int read() {
                return read == length ? -1 : bytes[(int) (read++ % bytes.length)];
            }

            @Override
            public int read(byte[] into, int start, int most) {
                int count = (int) Math.min(most, length - read);
                for (int i = 0; i < count; i++) {
                    into[start + i] = (byte) read();
                }
                return count == 0 && most > 0 ? -1 : count;
            }
        };
    }
}
