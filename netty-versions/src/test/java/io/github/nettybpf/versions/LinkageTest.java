package io.github.nettybpf.versions;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.nettybpf.core.Program;
import io.github.nettybpf.netty.BpfFilterHandler;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.unix.UnixChannel;
import io.netty.resolver.AddressResolver;
import io.netty.util.Version;
import io.netty.util.concurrent.EventExecutor;
import java.io.IOException;
import java.lang.module.ModuleFinder;
import java.net.URISyntaxException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;

/** bpf-netty is compiled with one version of Netty, and links with the one that is on the class path. */
class LinkageTest {
    private static Path home(Class<?> type) throws URISyntaxException {
        return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
    }

    /** The version that was asked for is the one that all these tests run on. */
    @Test
    void nettyIsOfTheTestedVersion() {
        String tested = System.getProperty("tested.netty.version");
        Set<String> versions = new TreeSet<>();
        Version.identify().forEach((artifact, version) -> versions.add(artifact + " " + version.artifactVersion()));
        assertTrue(versions.contains("netty-transport-classes-epoll " + tested), versions::toString);
        assertTrue(versions.stream().allMatch(version -> version.endsWith(" " + tested)), versions::toString);
    }

    @Test
    void readmeNamesTheSupportedVersions() throws IOException {
        String readme = Files.readString(Path.of("../README.md"));
        String section = readme.substring(readme.indexOf("### Which Netty"), readme.indexOf("## Where a program runs"));
        for (String version : System.getProperty("supported.netty.versions")
                .replace(".Final", "")
                .split(" ", -1)) {
            assertTrue(section.contains(version), version);
        }
    }

    @Test
    void everythingThatIsUsedOfNettyExists() throws Exception {
        Path home = home(BpfFilterHandler.class);
        NettyReferences references = new NettyReferences();
        if (Files.isDirectory(home)) {
            read(home, references);
        } else {
            try (FileSystem jar = FileSystems.newFileSystem(home)) {
                read(jar.getPath("/"), references);
            }
        }
        assertTrue(references.checked() > 100, () -> "checked only " + references.checked());
        assertEquals(Set.of(), references.missing());
    }

    private static void read(Path root, NettyReferences references) throws IOException {
        try (Stream<Path> files = Files.walk(root)) {
            for (Path file :
                    files.filter(path -> path.toString().endsWith(".class")).toList()) {
                new ClassReader(Files.readAllBytes(file)).accept(references, ClassReader.SKIP_DEBUG);
            }
        }
    }

    @Test
    void whatDoesNotExistIsNoticed() {
        ClassWriter made = new ClassWriter(0);
        made.visit(Opcodes.V17, 0, "Made", null, "io/netty/channel/NoClass", null);
        MethodVisitor code = made.visitMethod(0, "run", "()V", null, null);
        code.visitFieldInsn(Opcodes.GETSTATIC, "io/netty/buffer/Unpooled", "EMPTY_BUFFER", "Lio/netty/buffer/ByteBuf;");
        code.visitFieldInsn(Opcodes.GETFIELD, "io/netty/buffer/Unpooled", "EMPTY_BUFFER", "Lio/netty/buffer/ByteBuf;");
        code.visitFieldInsn(Opcodes.GETSTATIC, "io/netty/buffer/Unpooled", "NONE", "I");
        code.visitMethodInsn(Opcodes.INVOKEINTERFACE, "io/netty/channel/Channel", "close", "()V", true);
        code.visitMethodInsn(Opcodes.INVOKEINTERFACE, "io/netty/channel/Channel", "isOpen", "()Z", true);
        code.visitMethodInsn(Opcodes.INVOKEVIRTUAL, "io/netty/channel/Channel", "isOpen", "()Z", false);
        made.visitEnd();
        NettyReferences references = new NettyReferences();
        new ClassReader(made.toByteArray()).accept(references, 0);
        assertEquals(
                Set.of(
                        "io.netty.channel.NoClass, used by Made",
                        "io/netty/buffer/Unpooled.EMPTY_BUFFER:Lio/netty/buffer/ByteBuf; (expected: not static),"
                                + " used by Made",
                        "io/netty/buffer/Unpooled.NONE:I, used by Made",
                        "io/netty/channel/Channel.close()V, used by Made",
                        "io/netty/channel/Channel.isOpen()Z (expected: a class), used by Made"),
                references.missing());
    }

    /** The modules that bpf-netty requires have these names in this version too. */
    @Test
    void resolvesOnTheModulePath() throws URISyntaxException {
        List<Class<?>> ofEachModule = List.of(
                BpfFilterHandler.class,
                Program.class,
                ClassReader.class,
                ByteBuf.class,
                Channel.class,
                Epoll.class,
                UnixChannel.class,
                AddressResolver.class,
                EventExecutor.class);
        Path[] path = new Path[ofEachModule.size()];
        for (int i = 0; i < path.length; i++) {
            path[i] = home(ofEachModule.get(i));
        }
        // Throws if a required module is not found.
        int resolved = ModuleLayer.boot()
                .configuration()
                .resolve(ModuleFinder.of(path), ModuleFinder.of(), Set.of("io.github.nettybpf.netty"))
                .modules()
                .size();
        assertTrue(resolved > 0);
    }
}
