/** The {@code bpf} command. */
module io.github.nettybpf.tools {
    requires info.picocli;
    requires io.github.nettybpf.core;

    opens io.github.nettybpf.tools to
            info.picocli;
}
