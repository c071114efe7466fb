package io.github.nettybpf.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.nettybpf.core.NativeImageMetadata;
import java.io.IOException;
import java.lang.invoke.VarHandle;
import java.lang.reflect.Field;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** The metadata of bpf-netty for native images of GraalVM. */
class NativeImageTest {
    private static final String PACKAGE = "io.github.nettybpf.netty.";

    /** ForeignMemory is not used there; OffloadRules assumes that a handler reads if the image does not know its methods. */
    @Test
    void onlyCountersNeedMetadata() throws IOException {
        assertEquals(
                Set.of(
                        "PacketCounters: MethodHandles$Lookup.findVarHandle",
                        "SourceCounters: MethodHandles$Lookup.findVarHandle",
                        "OffloadRules$1: Class.getMethod",
                        "ForeignMemory: Class.forName",
                        "ForeignMemory: Class.getField",
                        "ForeignMemory: Class.getMethod"),
                NativeImageMetadata.reflectiveCalls(Path.of("target/classes")));
    }

    /** Each VarHandle of a field is named as the field, in capitals. */
    @Test
    void hasTheFieldsOfTheCounters() throws ReflectiveOperationException, IOException {
        Set<String> expected = new TreeSet<>();
        for (String name : new String[] {PACKAGE + "observe.PacketCounters", PACKAGE + "source.SourceCounters"}) {
            expected.add(name);
            Class<?> type = Class.forName(name);
            Set<String> handles = new TreeSet<>();
            for (Field field : type.getDeclaredFields()) {
                if (field.getType() == VarHandle.class) {
                    handles.add(field.getName().replace("_", ""));
                }
            }
            for (Field field : type.getDeclaredFields()) {
                if (field.getType() == long.class
                        && handles.contains(field.getName().toUpperCase(Locale.ROOT))) {
                    expected.add(name + "." + field.getName());
                }
            }
        }
        assertEquals(expected, NativeImageMetadata.entries("bpf-netty"));
    }
}
