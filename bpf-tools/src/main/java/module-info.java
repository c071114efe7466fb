/** The {@code bpf} command. */
module io.github.nettybpf.tools {
    requires info.picocli;
    requires io.github.nettybpf.core;
    requires io.github.nettybpf.expression;
    requires io.github.nettybpf.netty;
    requires io.netty.transport;
    requires java.management;
    requires org.jline.builtins;
    requires org.jline.reader;
    requires org.jline.terminal;
    requires org.objectweb.asm;
    requires org.objectweb.asm.util;

    // For compressed captures.
    requires static com.github.luben.zstd_jni;
    requires static org.apache.commons.compress;
    requires static org.tukaani.xz;

    // picocli sets the fields of options and arguments.
    opens io.github.nettybpf.tools to
            info.picocli;
    opens io.github.nettybpf.tools.cli to
            info.picocli;
    opens io.github.nettybpf.tools.dbg to
            info.picocli;
    opens io.github.nettybpf.tools.explain to
            info.picocli;
    opens io.github.nettybpf.tools.graph to
            info.picocli;
    opens io.github.nettybpf.tools.jit to
            info.picocli;
    opens io.github.nettybpf.tools.run to
            info.picocli;
}
