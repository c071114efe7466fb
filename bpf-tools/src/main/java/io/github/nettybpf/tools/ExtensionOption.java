package io.github.nettybpf.tools;

import io.github.nettybpf.core.AnnotatedPacket;
import io.github.nettybpf.core.Extension;
import io.github.nettybpf.core.Packet;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** The option {@code --ext}, which sets the extensions of packets: what the kernel knows besides their bytes. */
public final class ExtensionOption {
    @Option(
            names = "--ext",
            paramLabel = "NAME=VALUE",
            converter = Value.class,
            description = "Set what an extension reads, for all packets: mark=7, ifidx=none (there is no interface)."
                    + " Repeat it for more. A program that reads an extension that is neither set nor computed from the"
                    + " packet ends with verdict 0.")
    private List<Setting> settings = List.of();

    private @Nullable AnnotatedPacket annotated;

    /** {@return whether the option was given} */
    public boolean areGiven() {
        return !settings.isEmpty();
    }

    /** {@return the packet with these extensions, valid until the next call} */
    public Packet annotate(Packet packet) {
        if (settings.isEmpty()) {
            return packet;
        }
        AnnotatedPacket known = annotated;
        if (known == null) {
            known = new AnnotatedPacket(packet);
            for (Setting setting : settings) {
                known.set(setting.extension(), setting.value());
            }
            annotated = known;
        }
        known.annotate(packet);
        return known;
    }

    /** An extension, and the value that it reads. */
    record Setting(Extension extension, long value) {}

    /** Reads a value of {@code --ext}. */
    static final class Value implements ITypeConverter<Setting> {
        @Override
        public Setting convert(String text) {
            int equals = text.indexOf('=');
            String name = equals < 0 ? text : text.substring(0, equals);
            Extension extension = Arrays.stream(Extension.values())
                    .filter(it -> AnnotatedPacket.canSet(it) && it.mnemonic().equals(name))
                    .findFirst()
                    .orElseThrow(() -> new TypeConversionException("'" + name + "' (expected: " + names() + ")"));
            String value = equals < 0 ? "" : text.substring(equals + 1);
            if (isOfDevice(extension) && value.equals("none")) {
                return new Setting(extension, Packet.NO_DEVICE);
            }
            try {
                long number = Integer.toUnsignedLong(number(value));
                if (number <= extension.maximum()) {
                    return new Setting(extension, number);
                }
                throw unexpected(value, extension);
            } catch (NumberFormatException e) {
                throw unexpected(value, extension);
            }
        }

        private static TypeConversionException unexpected(String value, Extension extension) {
            String none = isOfDevice(extension) ? " or none" : "";
            return new TypeConversionException("'" + value + "' of " + extension.mnemonic() + " (expected: 0.."
                    + extension.maximum() + none + ")");
        }

        private static boolean isOfDevice(Extension extension) {
            return extension == Extension.IFIDX || extension == Extension.HATYPE;
        }

        private static int number(String value) {
            boolean isHex = value.startsWith("0x");
            boolean isSigned = value.startsWith("+", isHex ? 2 : 0) || value.startsWith("-", isHex ? 2 : 0);
            if (isSigned) {
                throw new NumberFormatException(value);
            }
            return Integer.parseUnsignedInt(isHex ? value.substring(2) : value, isHex ? 16 : 10);
        }

        private static String names() {
            return Arrays.stream(Extension.values())
                    .filter(AnnotatedPacket::canSet)
                    .map(Extension::mnemonic)
                    .collect(Collectors.joining(", "));
        }
    }
}
