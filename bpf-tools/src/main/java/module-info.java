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

    opens io.github.nettybpf.tools to
            info.picocli;
}
