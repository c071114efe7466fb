package io.github.nettybpf.core;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Executable;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;

/**
 * What the tests of all modules ask about the metadata of an artifact for native images of GraalVM: that everything that
 * it names exists, and which calls in the artifact's classes need it.
 */
public final class NativeImageMetadata {
    /** Methods that find by name what a native image has only if it is told of it; and those that make classes. */
    private static final Pattern REFLECTIVE =
            Pattern.compile("java/lang/Class\\.(forName|get(Declared)?(Field|Method|Constructor)s?"
                    + "|getResource(AsStream)?)"
                    + "|java/lang/ClassLoader\\.(getResource.*|loadClass|defineClass)"
                    + "|java/lang/invoke/MethodHandles\\$Lookup\\.(find.*|unreflect.*|define.*)"
                    + "|java/lang/reflect/Proxy\\.newProxyInstance"
                    + "|java/util/ServiceLoader\\.load.*"
                    + "|java/util/ResourceBundle\\.getBundle"
                    + "|java/util/concurrent/atomic/Atomic.*FieldUpdater\\.newUpdater"
                    + "|com/sun/jna/Native\\.(load|register).*");

    private static final List<String> FILES = List.of("reflect-config.json", "jni-config.json", "resource-config.json");

    private NativeImageMetadata() {}

    /** {@return what the files of the artifact name, one a line: a class, {@code CLASS.MEMBER}, or a resource} */
    public static Set<String> entries(String artifact) throws IOException {
        Set<String> entries = new TreeSet<>();
        for (String file : FILES) {
            entries.addAll(entries(artifact, file));
        }
        return entries;
    }

    /**
     * {@return what one file names, and exists} Methods have the types of their parameters: {@code
     * java.lang.String.getBytes(java.lang.String)}.
     *
     * @throws AssertionError if it names a resource that does not exist
     * @throws LinkageError if it names a class or member that does not exist
     */
    public static Set<String> entries(String artifact, String file) throws IOException {
        String path = "/META-INF/native-image/io.github.nettybpf/" + artifact + "/" + file;
        Set<String> entries = new TreeSet<>();
        try (InputStream in = NativeImageMetadata.class.getResourceAsStream(path)) {
            if (in == null) {
                return entries;
            }
            JsonNode root = new ObjectMapper().readTree(in);
            for (JsonNode resource : root.path("resources").path("includes")) {
                String name = resource.get("pattern").textValue().replaceAll("^\\\\Q|\\\\E$", "");
                if (NativeImageMetadata.class.getResource("/" + name) == null) {
                    throw new AssertionError(path + ": " + name + " is no resource");
                }
                entries.add(name);
            }
            if (root.isArray()) {
                for (JsonNode type : root) {
                    addMembers(type, entries);
                }
            }
        } catch (ReflectiveOperationException e) {
            throw new LinkageError(path, e);
        }
        return entries;
    }

    private static void addMembers(JsonNode entry, Set<String> entries) throws ReflectiveOperationException {
        String name = entry.get("name").textValue();
        Class<?> type = Class.forName(name, false, NativeImageMetadata.class.getClassLoader());
        entries.add(name);
        for (JsonNode field : entry.path("fields")) {
            entries.add(name + "."
                    + type.getDeclaredField(field.get("name").textValue()).getName());
        }
        Set<String> declared = Stream.concat(
                        Arrays.stream(type.getDeclaredMethods()), Arrays.stream(type.getDeclaredConstructors()))
                .map(NativeImageMetadata::signature)
                .collect(Collectors.toSet());
        for (JsonNode method : entry.path("methods")) {
            List<String> types = new ArrayList<>();
            method.get("parameterTypes").forEach(each -> types.add(each.textValue()));
            String signature = method.get("name").textValue() + "(" + String.join(",", types) + ")";
            if (!declared.contains(signature)) {
                throw new NoSuchMethodException(name + "." + signature);
            }
            entries.add(name + "." + signature);
        }
    }

    private static String signature(Executable member) {
        return Arrays.stream(member.getParameterTypes())
                .map(Class::getTypeName)
                .collect(Collectors.joining(",", (member instanceof Method ? member.getName() : "<init>") + "(", ")"));
    }

    /**
     * {@return the reflective calls in compiled classes, each as {@code CLASS: METHOD}} A test compares them with those
     * that it knows, so that a new one is not without its metadata.
     *
     * @param classes the folder of the classes
     */
    public static Set<String> reflectiveCalls(Path classes) throws IOException {
        Set<String> calls = new TreeSet<>();
        try (Stream<Path> all = Files.walk(classes)) {
            for (Path file :
                    all.filter(each -> each.toString().endsWith(".class")).toList()) {
                new ClassReader(Files.readAllBytes(file))
                        .accept(new Calls(calls), ClassReader.SKIP_DEBUG | ClassReader.SKIP_FRAMES);
            }
        }
        return calls;
    }

    private static final class Calls extends ClassVisitor {
        private final Set<String> calls;
        private String type = "";

        Calls(Set<String> calls) {
            super(Opcodes.ASM9);
            this.calls = calls;
        }

        @Override
        public void visit(int version, int access, String name, String signature, String parent, String[] interfaces) {
            type = name.substring(name.lastIndexOf('/') + 1);
        }

        @Override
        public MethodVisitor visitMethod(
                int access, String name, String descriptor, String signature, String[] thrown) {
            return new MethodVisitor(Opcodes.ASM9) {
                @Override
                public void visitMethodInsn(int opcode, String owner, String called, String of, boolean isInterface) {
                    if (REFLECTIVE.matcher(owner + "." + called).matches()) {
                        calls.add(type + ": " + owner.substring(owner.lastIndexOf('/') + 1) + "." + called);
                    }
                }
            };
        }
    }
}
