package io.github.nettybpf.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.StringWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The Java that the documents show compiles. What docs/recipes.md shows is run by RecipesTest. */
class SnippetsTest {
    private static final Pattern JAVA = Pattern.compile("```java\\n(.*?)```", Pattern.DOTALL);

    private static final Pattern PRE = Pattern.compile("<pre>\\{@code (.*?)}</pre>", Pattern.DOTALL);

    private static final String AFTER = "}}\n";

    private static final String BEFORE = """
            import io.github.nettybpf.core.*;
            import io.github.nettybpf.core.address.*;
            import io.github.nettybpf.expression.*;
            import io.github.nettybpf.netty.*;
            import io.github.nettybpf.netty.drops.*;
            import io.github.nettybpf.netty.reuseport.*;
            import io.github.nettybpf.packet.*;
            import io.netty.bootstrap.*;
            import io.netty.channel.*;
            import io.netty.channel.epoll.*;
            import java.net.*;
            import java.nio.file.*;

            class Snippets {
                static class YourHandler extends ChannelInboundHandlerAdapter {}

                void run(EventLoopGroup group, Bootstrap bootstrap) throws Exception {
            """;

    /** What the documents leave to the reader. */
    private static final String APPLICATION = """
            package io.github.nettybpf.examples.loops;

            import io.github.nettybpf.core.*;
            import io.github.nettybpf.core.address.*;
            import io.github.nettybpf.expression.*;
            import io.github.nettybpf.expression.FilterExpression.Options;
            import io.github.nettybpf.netty.*;
            import io.github.nettybpf.netty.address.*;
            import io.github.nettybpf.netty.drops.*;
            import io.github.nettybpf.netty.listener.*;
            import io.github.nettybpf.netty.reuseport.*;
            import io.github.nettybpf.packet.*;
            import io.micrometer.core.instrument.*;
            import io.micrometer.core.instrument.simple.*;
            import io.netty.bootstrap.*;
            import io.netty.channel.*;
            import io.netty.channel.epoll.*;
            import io.netty.handler.codec.quic.*;
            import io.netty.util.internal.logging.InternalLogger;
            import java.net.*;
            import java.nio.file.*;
            import java.time.Duration;
            import java.util.concurrent.*;

            abstract class Snippets {
                static class YourHandler extends ChannelInboundHandlerAdapter {}
                Program program, candidate, arp;
                BpfFilterHandler handler;
                AddressFilterHandler filter;
                AddressSet blocked, customers;
                ChannelPipeline pipeline;
                Bootstrap bootstrap;
                QuicConnectionIds ids;
                int slots;
                QuicSslContext context;
                ScheduledExecutorService executor;
                InternalLogger logger;
                void run() throws Exception {
            """;

    /** The snippets of the README are one program: one after the other, below the imports that the first begins with. */
    @Test
    void theSnippetsOfTheReadmeCompile(@TempDir Path folder) throws IOException {
        StringBuilder imports = new StringBuilder();
        StringBuilder statements = new StringBuilder();
        Matcher snippet = JAVA.matcher(Files.readString(Path.of("..", "README.md")));
        int snippets = 0;
        while (snippet.find()) {
            snippet.group(1).lines().forEach(line -> (line.startsWith("import ") ? imports : statements)
                    .append(line)
                    .append('\n'));
            snippets++;
        }
        assertEquals(4, imports.toString().lines().count());
        assertEquals("", problems(imports + BEFORE + statements + AFTER, folder));
        assertTrue(snippets >= 5, "snippets: " + snippets);
    }

    /** Each of them by itself. */
    @ParameterizedTest
    @CsvSource({"address-sets, 5", "events, 1", "many-loops, 3", "raw-frames, 1", "seeing-drops, 4"})
    void theSnippetsOfTheDocumentsCompile(String document, int snippets, @TempDir Path folder) throws IOException {
        Matcher snippet = JAVA.matcher(Files.readString(Path.of("..", "docs", document + ".md")));
        int found = 0;
        while (snippet.find()) {
            assertEquals("", problems(APPLICATION + snippet.group(1) + AFTER, folder));
            found++;
        }
        assertEquals(snippets, found);
    }

    /** The front page of the Javadoc. */
    @Test
    void theSnippetsOfTheOverviewCompile(@TempDir Path folder) throws IOException {
        StringBuilder statements =
                new StringBuilder("Channel channel = null;\nProgram program = null;\nbyte[] frame = {};\n");
        Matcher snippet = PRE.matcher(Files.readString(Path.of("..", "docs", "javadoc-overview.html")));
        int snippets = 0;
        while (snippet.find()) {
            String text = snippet.group(1);
            statements.append(text).append("\n");
            snippets++;
        }
        assertEquals("", problems(BEFORE + statements + AFTER, folder));
        assertEquals(4, snippets);
    }

    private static String problems(String source, Path folder) {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        StringWriter problems = new StringWriter();
        JavaFileObject file =
                new SimpleJavaFileObject(URI.create("string:///Snippets.java"), JavaFileObject.Kind.SOURCE) {
                    @Override
                    public CharSequence getCharContent(boolean ignoreEncodingErrors) {
                        return source;
                    }
                };
        boolean compiled = compiler.getTask(
                        problems,
                        null,
                        null,
                        List.of("-proc:none", "-d", folder.toString(), "-cp", System.getProperty("java.class.path")),
                        null,
                        List.of(file))
                .call();
        assertEquals(compiled, problems.toString().isEmpty());
        return problems.toString();
    }
}
